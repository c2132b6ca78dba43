"""Memory by identity: what is found again, what is not, what is let go."""

import gc
import weakref

from counterpoise.recall import Recall


class Part:
    """Something with an identity."""


def counted(made):
    """Makes a new value each time, and counts."""
    made.append(None)
    return len(made)


def test_the_same_objects_are_worked_out_once():
    recall, made, parts = Recall(2), [], (Part(), Part())
    values = [recall.get(parts, lambda: counted(made)) for _ in range(3)]
    assert values == [1, 1, 1]


def test_equal_objects_and_another_order_are_not_the_same():
    recall, made = Recall(8), []
    first, twin = (1.5, "text"), (float("1.5"), "".join(["te", "xt"]))
    assert first == twin
    assert [recall.get(key, lambda: counted(made)) for key in (first, twin, first[::-1], first)] == [
        1,
        2,
        3,
        1,
    ]


def test_the_least_recently_used_is_let_go():
    recall, made = Recall(2), []
    old, used, new = (Part(),), (Part(),), (Part(),)
    for key in (used, old, used, new):
        recall.get(key, lambda: counted(made))
    assert recall.get(used, lambda: counted(made)) == 1
    assert recall.get(old, lambda: counted(made)) == 4


def test_objects_live_as_long_as_their_entry_and_no_longer():
    recall, part = Recall(1), Part()
    watched = weakref.ref(part)
    recall.get((part,), lambda: 1)
    del part
    gc.collect()
    assert watched() is not None
    recall.get((Part(),), lambda: 2)
    gc.collect()
    assert watched() is None
