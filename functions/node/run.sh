#!/bin/sh
# The handler of the function: the adapter's wrapper starts it, and it the application.
exec node server.mjs
