"""Handlers as people write them."""
import datetime
import decimal
import logging
import os
import sys

COUNT = 0


def echo(event, context):
    print("printed by the handler")
    return {"event": event, "id": context.aws_request_id, "name": context.function_name, "remaining": context.get_remaining_time_in_millis() > 0}


def nothing(event, context):
    pass


def raises(event, context):
    raise KeyError("no such thing")


def unmarshalable(event, context):
    return {"when": datetime.date(2026, 1, 1)}


def number(event, context):
    return [decimal.Decimal("1.5"), os.environ["AWS_EXECUTION_ENV"], "über"]


def exits(event, context):
    sys.exit(7)


def count(event, context):
    global COUNT
    COUNT += 1
    return COUNT


def layered(event, context):
    import of_a_layer
    return of_a_layer.VALUE


def logs(event, context):
    logging.basicConfig(level=logging.DEBUG)  # on AWS the root logger has a handler: no effect
    logger = logging.getLogger(__name__)
    logger.setLevel(logging.INFO)
    logger.debug("not logged")
    logger.info("logged by %s", "the handler")
    root = logging.getLogger()
    return [len(root.handlers), logging.getLevelName(root.level)]
