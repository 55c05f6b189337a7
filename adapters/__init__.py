"""The adapters: one folder for each kind of channel and each kind of bot."""
