"""What localcloud raises when a user has to do something."""


class LocalcloudError(Exception):
    """One sentence that says what is wrong and what to do; the command line prints it without a traceback."""
