"""Trees whose nodes know their parents, beside much that stays."""

INDEX = [[number] for number in range(300_000)]
DEPTHS = range(24)


class Node:
    def __init__(self, parent):
        self.parent = parent
        self.children = []


def tree(_):
    made = 0
    for _ in range(1500):
        root = Node(None)
        for _ in range(4):
            root.children.append(Node(root))
        made += len(root.children)
    return made
