"""What handlers raise and return that nobody expects of them."""


def named(name):
    return type(name, (Exception,), {})("m")


class NoTextError(Exception):
    def __str__(self):
        raise ValueError("no text")


def circular():
    value = {}
    value["a"] = value
    return value


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


RAISED = {
    "a name with line ends": lambda: named("A\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1"),
    "a name beyond Latin-1": lambda: named("例外"),
    "a name that is too long": lambda: named("N" * (2 << 20)),
    "an empty name": lambda: named(""),
    "a message that is not text": lambda: ValueError(10, b"x"),
    "a message that throws": NoTextError,
    "a message that is too long": lambda: ValueError("m" * (8 << 20)),
    "a message with half a character": lambda: ValueError("\ud800"),
    "a group": lambda: ExceptionGroup("g", [ValueError("a")]),
}
RETURNED = {
    "circular": circular,
    "deep": deep,
    "half a character": lambda: "\ud800",
    "bytes": lambda: b"x",
    "a key that is not text": lambda: {(1, 2): 3},
}


def handler(event, context):
    if "throws" in event:
        raise RAISED[event["throws"]]()
    return RETURNED[event["returns"]]() if "returns" in event else "calm"
