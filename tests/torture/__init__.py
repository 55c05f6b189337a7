"""The torture run: processes killed and frozen at random, and a check of all that was said."""
