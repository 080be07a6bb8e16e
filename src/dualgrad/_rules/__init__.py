"""Rules that every backend enforces in the same words: checks of arguments, and the errors they end in.

Nothing here touches an array: shapes and dtypes arrive as tuples and names. Where the check is the backend's, the error
is returned and not raised, so that the caller's traceback ends where the mistake was noticed.
"""
