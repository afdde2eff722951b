"""Code that can't be loaded: modules, handlers, syntax (docs/reference/lambda.md#platform-errors; loaders of
each runtime)."""

from __future__ import annotations

from ..rules import Rule
from ._row import AFTER_FIX, AS_IS, BUG, CONFIGURATION, INPUT, NEVER, PLATFORM, any_of, error, row

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "load.runtime-image", PLATFORM, AFTER_FIX, 0.55,
        "a file of the runtime itself is missing",
        {
            "type": any_of(
                "FileNotFoundException|FileNotFoundError|NoSuchFileException|DirectoryNotFoundException"
            ),
            "message": any_of("'/var/runtime/|'/var/lang/| /var/runtime/| /var/lang/|'/opt/amazon"),
        },
        error('System.IO.FileNotFoundException', "Could not find file '/var/runtime/x.json'."),
    ),
    row(
        "load.library", CONFIGURATION, AFTER_FIX, 0.94,
        "a native library is missing or built for another system",
        {'missing': ('library:*',)},
        error('ImportError', 'libGL.so.1: cannot open shared object file: No such file or directory'),
    ),
    row(
        "load.native", CONFIGURATION, AFTER_FIX, 0.92,
        "a native module is built for another system",
        {
            "message": any_of(
                "invalid elf header|wrong elf class|cannot open shared object file|"
                "was compiled against a different node|node_module_version|incompatible architecture|"
                'not a valid win32|glibc_|glibcxx_|could not load the "sharp" module|'
                "something went wrong installing the|no native build was found|"
                "could not locate the bindings file|could not locate the query engine|"
                "query engine library for current platform|binary was compiled for|"
                "prisma client could not locate|error while loading shared libraries|"
                "unsatisfiedlinkerror|unable to load shared library|dlopen failed|"
                "importing the numpy c-extensions failed|wrong architecture|illegal instruction|"
                "exec format|unknown system error -8|' not found (required by"
            ),
        },
        error('Error', "The module '/var/task/a.node' was compiled against a different Node.js version"),
    ),
    row(
        "load.esm", BUG, AFTER_FIX, 0.7,
        "the shipped source is written for the other module system of Node",
        {
            "message": any_of(
                "cannot use import statement outside a module|must use import to load|"
                "require() of es module|is not defined in es module scope|"
                "does not provide an export named|unexpected token 'export'|unexpected token export|"
                "err_require_esm|named export|to load an es module"
            ),
        },
        error('SyntaxError', 'Cannot use import statement outside a module'),
    ),
    row(
        "load.module", CONFIGURATION, AFTER_FIX, 0.94,
        "a module is missing from the package",
        {'missing': ('module:*',)},
        error('ModuleNotFoundError', "No module named 'requests'"),
        unless={'message': ('partially initialized module',)},
    ),
    row(
        "load.circular", BUG, AFTER_FIX, 0.8,
        "modules import each other",
        {'message': ('partially initialized module', 'circular import')},
        error('ImportError', "cannot import name 'x' from partially initialized module 'y'"),
    ),
    row(
        "load.handler", CONFIGURATION, AFTER_FIX, 0.94,
        "the handler setting names nothing that exists",
        {'missing': ('handler:*',)},
        error(None, "Handler 'f' missing on module 'm'"),
    ),
    row(
        "load.handler-text", CONFIGURATION, AFTER_FIX, 0.9,
        "the handler setting names nothing that can be used",
        {
            "message": any_of(
                "invalid lambda function handler|bad handler|handler * missing on module|"
                "unable to import module|unable to find method|unable to load type|error loading class|"
                "error loading method|class not found:|no public method named|"
                "does not implement an appropriate handler interface|is not a function of handler|"
                "unable to determine valid entrypoint|no handler specified|"
                "could not find the required 'function|is not a valid handler|"
                "is not a function or its return value is not|handler not found|malformed handler name|"
                "specified handler assembly|module initialization error: module|could not find handler"
            ),
        },
        error('Error', 'Unable to determine valid entrypoint'),
    ),
    row(
        "load.class-text", CONFIGURATION, AFTER_FIX, 0.85,
        "a class is missing: an extension or a package is not there",
        {'missing': ('class:*',), 'message': ('class "* not found', "class '* not found")},
        error('Error', 'Class "Redis" not found'),
    ),
    row(
        "load.annotation", CONFIGURATION, AFTER_FIX, 0.75,
        "a class that an annotation names is missing from the package",
        {'message': ('typenotpresentexception',)},
        error('java.lang.ArrayStoreException', 'sun.reflect.annotation.TypeNotPresentExceptionProxy'),
    ),
    row(
        "load.container", CONFIGURATION, AFTER_FIX, 0.8,
        "the code asks for a service that was never registered",
        {
            "message": any_of(
                "unable to resolve service for type|no service for type|no database provider has been|"
                "no qualifying bean of type|can't resolve dependencies of"
            ),
        },
        error('InvalidOperationException', "No service for type 'A.B' has been registered."),
    ),
    row(
        "load.assembly", CONFIGURATION, AFTER_FIX, 0.93,
        "an assembly is missing from the package or of another version",
        {
            "message": any_of(
                "could not load file or assembly|not found in the deployment package|"
                "an assembly specified in the application dependencies manifest|could not load type '|"
                "method not found: '|the framework 'microsoft.netcore|hostfxr|runtimeconfig.json"
            ),
        },
        error(
            "FileNotFoundException",
            (
                "Could not load file or assembly 'A, Version=1.0.0.0'. The system cannot find the file "
                "specified."
            ),
        ),
    ),
    row(
        "value.kotlin", INPUT, NEVER, 0.8,
        "the event does not fit the class that the code decodes it into",
        {
            "message": any_of(
                "is required for type with serial name|are required for type with serial name|"
                "unexpected json token at offset|encountered an unknown key|"
                "use 'ignoreunknownkeys|does not contain element with name|required value * missing at $"
            ),
        },
        error(
            "kotlinx.serialization.MissingFieldException",
            "Field 'id' is required for type with serial name 'Order', but it was missing at path: $",
        ),
    ),
    row(
        "load.class", CONFIGURATION, AFTER_FIX, 0.93,
        "a class is missing from the package or of another version",
        {
            "type": any_of(
                "ClassNotFoundException|NoClassDefFoundError|NoSuchMethodError|NoSuchFieldError|"
                "UnsupportedClassVersionError|IncompatibleClassChangeError|AbstractMethodError|"
                "UnsatisfiedLinkError|TypeLoadException|BadImageFormatException|FileLoadException|"
                "MissingMethodException|DllNotFoundException|EntryPointNotFoundException|"
                "ReflectionTypeLoadException|VerifyError|ClassFormatError|NoSuchMethodException|"
                "ServiceConfigurationError|LinkageError|MissingFieldException"
            ),
        },
        error('java.lang.NoClassDefFoundError', 'org/apache/http/client/HttpClient'),
        unless={'message': ('could not initialize class',)},
    ),
    row(
        "load.static-init", BUG, AFTER_FIX, 0.55,
        "a class failed while it was initialised",
        {'message': ('could not initialize class',)},
        error('java.lang.NoClassDefFoundError', 'Could not initialize class a.B'),
    ),
    row(
        "load.import", CONFIGURATION, AFTER_FIX, 0.9,
        "something is missing from the package",
        {
            "type": any_of(
                "ModuleNotFoundError|ImportError|LoadError|GemNotFound|MissingSpecError|"
                "ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|PackageNotFoundError|DistributionNotFound|"
                "ResolutionError|RubyVersionMismatch|GemfileNotFound|PackageNotFoundException|"
                "InvalidModuleSpecifierError"
            ),
        },
        error('Init<Bundler::GemNotFound>', 'The gem is absent'),
    ),
    row(
        "load.syntax", BUG, AFTER_FIX, 0.85,
        "the shipped code does not parse",
        {
            "type": any_of('SyntaxError|IndentationError|TabError|ParseError'),
            "message": any_of(
                "invalid syntax|syntax error|unexpected indent|unexpected eof while parsing|"
                "unterminated string|expected an indented block|missing parentheses|"
                "invalid or unexpected token|unexpected identifier|unexpected reserved word|"
                "unexpected strict mode|missing ) after|unexpected end of input|"
                "has already been declared|await is only valid|eol while scanning|was never closed|"
                "illegal return|invalid left-hand side|unexpected token '.'|unexpected token ?|"
                "unexpected token =|unexpected token '?|unexpected token {|unexpected token ...|"
                "unexpected token function|unexpected token (|unexpected token )|unexpected token }|"
                "unexpected token import|inconsistent use of tabs|unindent does not match|"
                "invalid decimal literal|f-string:|unmatched|cannot assign to|"
                "positional argument follows|invalid character*(u+|is not a valid identifier|"
                "future feature|outside function|outside loop"
            ),
        },
        error('SyntaxError', 'Unexpected identifier'),
        unless={'message': (' json',)},
    ),
    row(
        "load.package-mode", CONFIGURATION, AFTER_FIX, 0.85,
        "files of the package can't be read: mode bits",
        {'errno': ('EACCES',), 'message': ('/var/task', '/opt/')},
        error('Error', "EACCES: permission denied, open '/var/task/index.js'"),
    ),
    row(
        "load.read-only", BUG, AFTER_FIX, 0.7,
        "the code writes where nothing can be written: in Lambda only /tmp can",
        {'errno': ('EROFS',)},
        error('OSError', "[Errno 30] Read-only file system: '/var/task/a'"),
    ),
    row(
        "load.efs-stale", PLATFORM, AS_IS, 0.6,
        "a mounted file vanished under the function",
        {'errno': ('ESTALE',)},
        error('OSError', '[Errno 116] Stale file handle'),
    ),
    row(
        "load.program", CONFIGURATION, AFTER_FIX, 0.85,
        "a program the function calls is not in the package",
        {
            "errno": ('ENOENT',),
            "message": any_of(
                "spawn |executable file not found|/usr/bin/|/opt/|/var/task|spawnsync|"
                "no such file or directory: 'ffmpeg'|no such file or directory: 'git'|/bin/|"
                "cannot find the file|exec:"
            ),
        },
        error('Error', 'spawn ffmpeg ENOENT'),
    ),
    row(
        "load.program-text", CONFIGURATION, AFTER_FIX, 0.8,
        "a program the function calls is not in the package",
        {
            "message": any_of(
                "executable file not found|command not found|is not recognized as|"
                "is not installed or it's not in your path|"
                "could not find chrome|could not find chromium|failed to launch the browser process|"
                "no wkhtmltopdf executable|executable may have wrong permissions|"
                "executable needs to be in path|chrome not reachable|"
                "browser was not found at the configured|returned non-zero exit status 127|"
                "unable to find git|session not created:|only supports chrome version"
            ),
        },
        error('Error', 'Failed to launch the browser process!'),
    ),
    row(
        "load.exit-127", CONFIGURATION, AFTER_FIX, 0.7,
        "a shell found no such program, or could not run it",
        {'exit': ('126', '127')},
        error('Error', 'convert exited with code 127'),
    ),
    row(
        "load.file", CONFIGURATION, AFTER_FIX, 0.5,
        "a file the code expects is not there",
        {'errno': ('ENOENT',)},
        error('FileNotFoundError', "[Errno 2] No such file or directory: 'config.json'"),
        unless={'message': ('/tmp/', '/mnt/')},  # noqa: S108 - a pattern
    ),
    row(
        "load.file-temporary", BUG, AFTER_FIX, 0.5,
        "a temporary file the code expects is not there",
        {'errno': ('ENOENT',)},
        error('Error', "ENOENT: no such file or directory, open '/tmp/a.csv'"),
    ),
    row(
        "load.environment", CONFIGURATION, AFTER_FIX, 0.92,
        "an environment variable is missing or wrong",
        {'missing': ('env:*',)},
        error('Error', 'Missing required environment variable: TABLE_NAME'),
    ),
    row(
        "load.settings", CONFIGURATION, AFTER_FIX, 0.8,
        "the settings do not satisfy their model: they come from the environment",
        {'model': any_of('*Settings|*Config|*Configuration|*Environment|*Env')},
        error('ValidationError', '1 validation error for Settings\ntable\n  Field required'),
    ),
    row(
        "load.environment-read", CONFIGURATION, AFTER_FIX, 0.93,
        "the code read an environment variable that is not set",
        {
            "subject": ('environ',),
            "type": any_of('KeyError|ValueError|TypeError|AttributeError|NoMethodError|InvalidOperation'),
        },
        error(
            "KeyError",
            "'TABLE'",
            '  File "/var/task/app.py", line 3, in handler\n    name = os.environ[\'TABLE\']\n',
        ),
    ),
)
