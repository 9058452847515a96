"""Errors that are meant for people."""


class UserError(Exception):
    """Something the user can mend: a setting, a file, a full disk.

    The message says which file or setting, what is wrong with it and what to do. Whoever runs
    the code shows it as it stands, without a traceback, and exits with code 1.
    """
