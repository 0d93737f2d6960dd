"""Every link is to be visited once."""

import threading

LINKS = ["/", "/a", "/b", "/a", "/"]


class Crawler:
    def __init__(self):
        self.lock = threading.Lock()
        self.seen = set()
        self.visits = []

    def crawl(self, links):
        for link in links:
            with self.lock:
                if link in self.seen:
                    continue
                self.seen.add(link)
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
