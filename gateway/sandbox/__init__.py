"""A stand-in for ClickAI: a real HTTP server with ClickAI's wire format and a bot of its own."""
