"""Which code is the customer's own: names of runtimes, standard libraries and packages people ship along.

Only whole path segments or package prefixes are compared, so a customer's `requests_handler.py` stays his own.
"""

from __future__ import annotations

# Directories that hold somebody else's code in every runtime image (AWS "Lambda runtimes", file system layout).
FOREIGN_PREFIXES = (
    "/var/runtime/", "/var/lang/", "/usr/", "/opt/java", "/opt/ruby", "/opt/bootstrap", "/opt/nodejs/",
    "/opt/python/", "/lib/", "/lib64/", "/root/.pyenv/", "/root/.nvm/", "/rustc/", "internal/", "node:",
    "<", "native ", "bootstrap:",
)  # fmt: skip

FOREIGN_SEGMENTS = frozenset(
    ["node_modules", "site-packages", "dist-packages", "vendor", "vendored", "gems", ".cargo", "serverless_sdk", "python_modules", "third_party", "third-party", ".yarn", "awslambdaric"]
)

# First segment below the deployment root: packages that `pip install -t .` puts beside the handler.
PYTHON_PACKAGES = frozenset(
    ["aiobotocore", "aiohttp", "aioboto3", "anyio", "asgiref", "asyncpg", "attr", "avro", "aws_lambda_powertools", "aws_requests_auth", "aws_xray_sdk", "aws_encryption_sdk", "awswrangler", "azure", "backoff", "boto", "boto3", "botocore", "bs4", "cachetools", "cattrs", "celery", "certifi", "cffi", "cfnresponse", "chalice", "charset_normalizer", "click", "confluent_kafka", "crhelper", "cryptography", "datadog", "datadog_lambda", "dateutil", "ddtrace", "django", "dns", "docker", "elasticsearch", "email_validator", "fastapi", "flask", "flask_lambda", "google", "googleapiclient", "graphql", "grpc", "gspread", "h11", "httpcore", "httplib2", "httpx", "idna", "jinja2", "jmespath", "jose", "jsonschema", "jwt", "kafka", "lambda_decorators", "lxml", "magnum", "mangum", "markupsafe", "marshmallow", "msal", "mysql", "MySQLdb", "neo4j", "newrelic", "numpy", "oauthlib", "openai", "opensearchpy", "opentelemetry", "pandas", "paramiko", "peewee", "PIL", "pkg_resources", "prometheus_client", "psycopg", "psycopg2", "pyarrow", "pydantic", "pydantic_core", "pydantic_settings", "pymongo", "pymysql", "pynamodb", "pyodbc", "pytz", "redis", "requests", "requests_aws4auth", "requests_oauthlib", "requests_toolbelt", "rest_framework", "retrying", "rsa", "s3fs", "s3transfer", "scipy", "sentry_sdk", "serverless_wsgi", "setuptools", "simple_salesforce", "simplejson", "six", "slack", "slack_sdk", "slackclient", "smart_open", "snowflake", "sqlalchemy", "starlette", "strawberry", "stripe", "telegram", "tenacity", "thundra", "twilio", "typing_extensions", "ujson", "urllib3", "uvicorn", "watchtower", "werkzeug", "wrapt", "wsgi_handler", "xmltodict", "yaml", "zappa", "zeep", "zipp", "lambda_function_wrapper", "epsagon", "lumigo_tracer", "dynatrace_lambda", "instana", "rookout", "honeycomb", "beeline", "tracer_lib"]
)

JAVA_PACKAGES = (
    "java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.", "groovy.",
    "clojure.", "lambdainternal.", "com.amazonaws.", "software.amazon.", "org.springframework.", "org.apache.",
    "com.fasterxml.", "com.google.", "io.netty.", "io.quarkus.", "io.micronaut.", "io.vertx.", "io.grpc.",
    "io.opentelemetry.", "io.lettuce.", "org.hibernate.", "org.jboss.", "org.postgresql.", "org.slf4j.",
    "org.codehaus.", "org.eclipse.", "org.glassfish.", "org.mongodb.", "org.jooq.", "org.joda.", "org.json.",
    "com.mysql.", "com.mongodb.", "com.zaxxer.", "com.microsoft.", "com.datadoghq.", "com.newrelic.",
    "com.squareup.", "ch.qos.", "feign.", "okhttp3.", "okio.", "redis.clients.", "reactor.", "rx.", "retrofit2.",
    "oracle.", "net.bytebuddy.", "net.sf.cglib.", "akka.", "play.", "zio.", "cats.", "datadog.", "lombok.",
    "amazon.lambda.", "org.mariadb.", "org.elasticsearch.", "org.opensearch.", "graphql.",
)  # fmt: skip

DOTNET_PACKAGES = (
    "System.", "Microsoft.", "Amazon.", "AWSSDK.", "AWS.", "lambda_method", "Newtonsoft.", "Npgsql.", "MySql.",
    "MySqlConnector.", "StackExchange.", "Polly.", "Dapper.", "Autofac.", "AutoMapper.", "MediatR.",
    "FluentValidation.", "Serilog.", "NLog.", "MongoDB.", "RestSharp.", "Castle.", "Grpc.", "Google.", "Azure.",
    "FSharp.", "Giraffe.", "Swashbuckle.", "Datadog.", "OpenTelemetry.", "NewRelic.", "Refit.", "MassTransit.",
    "IdentityModel.", "Oracle.", "Nest.", "Elasticsearch.", "HotChocolate.", "SimpleInjector.", "Hangfire.",
    "log4net.", "Dynatrace.", "Thundra.", "--- End",
)  # fmt: skip

# Go names its own packages without a dot in the first segment; these are the ones seen in panics and net errors.
GO_STDLIB = frozenset(
    ["runtime", "reflect", "net", "syscall", "sync", "os", "io", "bufio", "bytes", "context", "crypto", "database", "encoding", "errors", "fmt", "internal", "log", "math", "mime", "path", "regexp", "sort", "strconv", "strings", "testing", "text", "time", "unicode", "archive", "compress", "container", "hash", "html", "image", "plugin", "slices", "maps", "iter"]
)

GO_HOSTS = ("github.com/aws/", "golang.org/", "google.golang.org/", "gopkg.in/", "go.uber.org/", "go.opentelemetry.io/")

# Roots under which a deployment package may be unpacked; the rest of the path names the customer's file.
APP_ROOTS = ("/var/task/", "/opt/", "/app/", "/function/", "/usr/src/app/", "/home/")
