"""The console: the operator's side as a web page on the operator's own machine.

A client of the API like every other command. Only `commands/console.py` loads it, and only
`console/client.py` knows the rest of the command line.
"""
