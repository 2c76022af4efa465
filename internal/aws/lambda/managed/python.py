"""The runtime client for handlers in Python: buffered, one event at a time.

Names of errors are those of AWS's client.
"""
import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

API = "/2018-06-01/runtime/"
MOST = 64 << 10  # characters of an error's message


class FaultError(Exception):
    """An error of the runtime's own: its type is the first argument."""


class Context:
    """What a handler may ask about its invocation."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)


class LogHandler(logging.StreamHandler):
    """The handler that the root logger has on AWS before the module is loaded.

    There setting a level is enough, and logging.basicConfig() changes nothing.
    """

    def __init__(self):
        super().__init__(sys.stdout)
        self.request_id = ""
        line = logging.Formatter("[%(levelname)s]\t%(asctime)s\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%SZ")
        line.converter = time.gmtime
        self.setFormatter(line)

    def format(self, record):
        record.aws_request_id = self.request_id
        return super().format(record)


class JSONFormatter(logging.Formatter):
    """Writes a record as an object in a line, with the fields of AWS's client."""

    converter = time.gmtime

    def format(self, record):
        line = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.aws_request_id:
            line["requestId"] = record.aws_request_id
        if record.exc_info and record.exc_info[0]:
            kind, error, frames = record.exc_info
            line["errorType"], line["errorMessage"] = kind.__name__, str(error)
            line["stackTrace"] = traceback.format_tb(frames)
        return json.dumps(line, default=str, ensure_ascii=False)


LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}


class RuntimeAPI:
    """The runtime API, over one connection that is made again when it is lost."""

    def __init__(self, address):
        self._address = address
        self._connection = None

    def call(self, method, path, body=None, headers=None):
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._address)
        self._connection.request(method, API + path, body, headers or {})
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def report(self, path, error):
        kind, message, frames = describe(error)
        body = json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": frames})
        header = "".join(c for c in kind if " " <= c <= "~").strip()
        self.call("POST", path, body.encode(), {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": header or "Exception"})


def describe(error):
    """Returns type, message and frames of an error, whatever its text does and however long it is."""
    if isinstance(error, FaultError):
        return error.args[0], error.args[1][:MOST], []
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    try:
        message = str(error)
    except Exception:
        message = "an error whose message raises"
    return type(error).__name__[:256] or "Exception", message[:MOST], frames


def load(name, root):
    """Returns the function that a handler such as "folder/app.handler" names."""
    module_name, separator, function_name = name.rpartition(".")
    if not separator:
        raise FaultError("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    sys.path.insert(0, root)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise FaultError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}{hint(error)}") from error
    except SyntaxError as error:
        raise FaultError("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    handler = getattr(module, function_name, None)
    if handler is None:
        raise FaultError("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    return handler


def hint(error):
    if (error.name or "").partition(".")[0] in ("boto3", "botocore"):
        return " (AWS's runtime has the AWS SDK, this machine does not: pip install boto3)"
    return ""


def plain(value):
    """Makes JSON of the one type beyond JSON's own that AWS's client takes."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def answer(api, handler, context, event):
    result = handler(event, context)
    try:
        body = json.dumps(result, default=plain, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise FaultError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
    status, _, reason = api.call("POST", f"invocation/{context.aws_request_id}/response", body.encode(), {"Content-Type": "application/json"})
    if status >= 400:
        print(f"the runtime API refused the response: {status} {reason.decode()}", file=sys.stderr, flush=True)


def main():
    api = RuntimeAPI(os.environ["AWS_LAMBDA_RUNTIME_API"])
    log = LogHandler()
    logging.getLogger().addHandler(log)
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        log.setFormatter(JSONFormatter())
        level = os.environ["AWS_LAMBDA_LOG_LEVEL"]
        logging.getLogger().setLevel(LEVELS.get(level, level))
    try:
        handler = load(os.environ["_HANDLER"], os.environ["LAMBDA_TASK_ROOT"])
    except BaseException as error:  # a module may also call sys.exit
        traceback.print_exc()
        api.report("init/error", error)
        sys.exit(1)
    while True:
        try:
            status, headers, body = api.call("GET", "invocation/next")
        except (OSError, http.client.HTTPException):
            return  # the chain has ended
        if status != 200:
            sys.exit(1)
        context = Context(headers)
        log.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            answer(api, handler, context, json.loads(body))
        except Exception as error:
            traceback.print_exc()
            api.report(f"invocation/{context.aws_request_id}/error", error)


if __name__ == "__main__":
    main()
