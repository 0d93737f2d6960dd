"""Cards are dealt from one iterator to two players."""

import threading

CARDS = ["ace", "king", "queen", "jack"]


class Deck:
    def __init__(self):
        self.cards = iter(CARDS)

    def deal(self):
        return next(self.cards)  # expect: UG406


def play(deck, hand):
    hand.append(deck.deal())
    hand.append(deck.deal())


def main():
    deck = Deck()
    hands = [[], []]
    threads = [threading.Thread(target=play, args=(deck, hand)) for hand in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(len(hand) for hand in hands))


if __name__ == "__main__":
    main()
