"""Operating system errors under all the names they surface with (errno(3), getaddrinfo(3), libuv, Go,
glibc)."""

from __future__ import annotations

UNREACHABLE = frozenset(
    [
        "ECONNRESET",
        "ECONNREFUSED",
        "ECONNABORTED",
        "EPIPE",
        "ETIMEDOUT",
        "ESOCKETTIMEDOUT",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "ENETDOWN",
        "EHOSTDOWN",
        "ENOTFOUND",
        "EAI_AGAIN",
        "EAI",
        "ENOTCONN",
        "ESTALE",
        "EADDRNOTAVAIL",
        "ECONNCLOSED",
        "EPROTO",
    ]
)
RESOURCES = frozenset(["ENOSPC", "EMFILE", "ENFILE", "EIO", "EDQUOT", "EAGAIN", "EBUSY", "ETXTBSY"])
ERRNO_NAMES = UNREACHABLE | RESOURCES | frozenset(
    ["ENOMEM", "ENOENT", "EACCES", "EPERM", "EEXIST", "EISDIR", "ENOTDIR", "ENOTEMPTY", "EROFS", "ENOEXEC",
    "EINVAL", "E2BIG", "EBADF", "EXDEV", "ENAMETOOLONG", "EADDRINUSE", "ENOSYS", "ELOOP"]
)  # fmt: skip

# Linux numbers as Python prints them; negative ones are getaddrinfo's.
ERRNO_NUMBERS = {
    "1": "EPERM", "2": "ENOENT", "5": "EIO", "7": "E2BIG", "8": "ENOEXEC", "9": "EBADF", "11": "EAGAIN",
    "12": "ENOMEM", "13": "EACCES", "16": "EBUSY", "17": "EEXIST", "20": "ENOTDIR", "21": "EISDIR",
    "22": "EINVAL",
    "24": "EMFILE", "26": "ETXTBSY", "28": "ENOSPC", "30": "EROFS", "32": "EPIPE", "36": "ENAMETOOLONG",
    "38": "ENOSYS", "39": "ENOTEMPTY", "97": "EINVAL", "98": "EADDRINUSE", "99": "EADDRNOTAVAIL",
    "101": "ENETUNREACH", "103": "ECONNABORTED", "104": "ECONNRESET", "107": "ENOTCONN", "110": "ETIMEDOUT",
    "111": "ECONNREFUSED", "112": "EHOSTDOWN", "113": "EHOSTUNREACH", "116": "ESTALE", "122": "EDQUOT",
    "-2": "EAI", "-3": "EAI", "-5": "EAI", "61": "ECONNREFUSED", "60": "ETIMEDOUT", "54": "ECONNRESET",
}  # fmt: skip

ERRNO_TYPES = {
    "ConnectionRefusedError": "ECONNREFUSED", "ConnectionResetError": "ECONNRESET",
    "BrokenPipeError": "EPIPE",
    "ConnectionAbortedError": "ECONNABORTED", "gaierror": "EAI", "UnknownHostException": "EAI",
    "NoRouteToHostException": "EHOSTUNREACH", "FileNotFoundError": "ENOENT", "NoSuchFileException": "ENOENT",
    "FileNotFoundException": "ENOENT", "DirectoryNotFoundException": "ENOENT",
    "PermissionError": "EACCES", "FileExistsError": "EEXIST", "IsADirectoryError": "EISDIR",
    "NotADirectoryError": "ENOTDIR", "DNSError": "EAI",
}  # fmt: skip

# Wording, lower case, most specific first.
ERRNO_PHRASES: tuple[tuple[str, str], ...] = (
    ("connection refused", "ECONNREFUSED"), ("actively refused", "ECONNREFUSED"),
    ("connection reset", "ECONNRESET"), ("socket hang up", "ECONNRESET"), ("connection aborted",
    "ECONNABORTED"),
    ("remote end closed connection", "ECONNRESET"), ("broken pipe", "EPIPE"),
    ("name or service not known", "EAI"), ("temporary failure in name resolution", "EAI"),
    ("no such host", "EAI"), ("nodename nor servname", "EAI"), ("could not translate host name", "EAI"),
    ("failed to resolve", "EAI"), ("no address associated with hostname", "EAI"), ("unknownhostexception",
    "EAI"),
    ("server misbehaving", "EAI"), ("name does not resolve", "EAI"),
    ("could not resolve host", "EAI"), ("name resolution", "EAI"),
    ("network is unreachable", "ENETUNREACH"), ("no route to host", "EHOSTUNREACH"), ("host is down",
    "EHOSTDOWN"),
    ("connection timed out", "ETIMEDOUT"), ("connect timed out", "ETIMEDOUT"), ("i/o timeout", "ETIMEDOUT"),
    ("operation timed out", "ETIMEDOUT"), ("stale file handle", "ESTALE"),
    ("no space left on device", "ENOSPC"), ("too many open files", "EMFILE"),
    ("cannot allocate memory", "ENOMEM"), ("exec format error", "ENOEXEC"), ("read-only file system",
    "EROFS"),
    ("no such file or directory", "ENOENT"), ("text file busy", "ETXTBSY"),
    ("resource temporarily unavailable", "EAGAIN"),
    ("argument list too long", "E2BIG"), ("file name too long", "ENAMETOOLONG"), ("input/output error",
    "EIO"),
    ("address already in use", "EADDRINUSE"), ("operation not permitted", "EPERM"),
    (": permission denied", "EACCES"), ("permission denied: '/", "EACCES"),
)  # fmt: skip
