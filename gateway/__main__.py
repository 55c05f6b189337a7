"""``python -m gateway`` is ``chat-gateway``."""

from gateway.cli import main

main(prog_name="chat-gateway")
