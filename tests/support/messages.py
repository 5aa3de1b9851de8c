"""Messages: code holds that they name what they must, snapshots hold their wording."""

import re


def lacking(message, *facts):
    """The facts that a message does not name, each as words of its own.

    Facts are what the reader needs: the key, the value that was given, and what is allowed.
    """
    missing = []
    for fact in map(str, facts):
        before = r"(?<!\w)(?<!\w\.)" if fact[:1].isalnum() else ""
        after = r"(?!\w|\.\w)" if fact[-1:].isalnum() else ""
        found = re.search(before + re.escape(fact) + after, message)
        if found:
            message = message[: found.start()] + "\0" + message[found.end() :]
        else:
            missing.append(fact)
    return missing


def is_one_line(message, most=300):
    """Whether a message is one line of moderate length without control characters."""
    return message.isprintable() and 0 < len(message) <= most


def assert_messages(snapshot, cases):
    """Each message is one line that names its facts, and all are worded as in the snapshot.

    cases: pairs of a message and its facts, by name.
    """
    assert [name for name, (message, _) in cases.items() if not is_one_line(message)] == []
    missing = {name: lacking(message, *facts) for name, (message, facts) in cases.items()}
    assert {name: facts for name, facts in missing.items() if facts} == {}
    assert {name: message for name, (message, _) in cases.items()} == snapshot


def wording(text):
    """A text without its numbers, and without the blanks that depend on their widths."""
    return re.sub(r"[ ─━]+", " ", re.sub(r"\d[\d.e−-]*", "#", text))
