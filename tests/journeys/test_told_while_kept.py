"""A scan is announced before its row is committed: whoever looks because of it must find it all the same."""

from __future__ import annotations

import threading

from bench.shop import open_shop


def test_who_looks_at_once_sees_the_scan(tmp_path):
    shop = open_shop(tmp_path)
    seen = []

    def look() -> None:
        found = shop.store.scans.current("T1")
        seen.append(found.id if found else None)

    def told(_topic: str) -> None:
        page = threading.Thread(target=look)
        page.start()
        pages.append(page)
        # A page that did not wait for the row would be done, and wrong, by now.
        page.join(0.05)

    pages: list[threading.Thread] = []
    shop.wakes.listen(told)
    kept = shop.store.scans.type_in("48151623", "T1")
    for page in pages:
        page.join()
    assert seen == [kept.id]
    shop.books.close()
