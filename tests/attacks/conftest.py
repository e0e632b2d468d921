"""The ground of a whole module: attacks leave it as it was, so they share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.ground import Ground, standing


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with standing(tmp_path_factory.mktemp("attacked")) as ground:
        yield ground


@pytest.fixture
def ground(whole: Ground) -> Ground:
    whole.hushed()
    return whole
