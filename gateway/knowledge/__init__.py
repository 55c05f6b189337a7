"""Knowledge: documents that bots look things up in, through the External Knowledge API."""
