"""Every link is to be visited once."""

import threading

LINKS = ["/", "/a", "/b", "/a", "/"]


class Crawler:
    def __init__(self):
        self.seen = set()
        self.visits = []

    def crawl(self, links):
        for link in links:
            if link not in self.seen:  # expect: UG402
                self.seen.add(link)  # expect: UG402
                self.visits.append(link)


def main():
    crawler = Crawler()
    threads = [threading.Thread(target=crawler.crawl, args=(LINKS,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(crawler.seen))


if __name__ == "__main__":
    main()
