"""Work without conversations, each piece in a process of its own that prints what it measured as JSON."""
