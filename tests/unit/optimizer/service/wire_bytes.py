"""Bytes that no library would write."""


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def tagged(number, content):
    """One length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def field_number(message_type, path):
    """Number of the last field on a path, as `problem.portfolio.lines`."""
    descriptor, number = message_type.DESCRIPTOR, 0
    for name in path.split("."):
        field = descriptor.fields_by_name[name]
        descriptor, number = field.message_type, field.number
    return number
