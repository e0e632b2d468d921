"""GET /api/v1/metrics: the store's figures in Prometheus's text format, for a program with the scope `metrics`."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from flask import Blueprint, Response

from edge.domain.figures import BOUNDS_S, Figure, Spread
from edge.store import Store
from kiosk_ui.api.calls import call

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

_OURS = "store_edge_"
Spreads = Mapping[tuple[str, ...], Spread]


class MetricsApi:
    """One address; prometheus_client is imported by the first scrape."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._registry: CollectorRegistry | None = None

    def add_to(self, site: Blueprint) -> None:
        """The route."""
        site.add_url_rule("/metrics", view_func=self.metrics)

    @call("metrics", answer=str)
    def metrics(self) -> Response:
        """GET: every figure now, as text/plain of Prometheus (exposition format 0.0.4)."""
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

        return Response(generate_latest(self._all()), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    def collect(self) -> Iterator[Metric]:
        """For the registry: the families of this moment."""
        yield _family(Figure("build_info", "The release.", {(_release(),): 1}, ("version",)))
        yield _family(Figure("threads", "Of the process.", {(): threading.active_count()}))
        yield from map(_family, self._store.figures.now())
        yield _spread(
            "commit_seconds", "Transactions of the ledger.", ("sync",), self._store.figures.commits()
        )
        yield _spread(
            "http_seconds",
            "Requests answered.",
            ("endpoint", "method", "status"),
            self._store.figures.requests.spreads(),
        )

    def _all(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry, ProcessCollector

        with self._lock:
            if self._registry is None:
                self._registry = CollectorRegistry(auto_describe=False)
                self._registry.register(self)
                ProcessCollector(registry=self._registry)
            return self._registry


def _family(figure: Figure) -> Metric:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    kind = CounterMetricFamily if figure.counts else GaugeMetricFamily
    made = kind(_OURS + figure.name, figure.about, labels=figure.labels)
    for values, number in figure.values.items():
        made.add_metric(values, number)
    return made


def _spread(name: str, about: str, labels: tuple[str, ...], spreads: Spreads) -> Metric:
    from prometheus_client.metrics_core import HistogramMetricFamily

    made = HistogramMetricFamily(_OURS + name, about, labels=labels)
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    for values, spread in spreads.items():
        up_to = itertools.accumulate(spread.pieces)
        made.add_metric(values, list(zip(bounds, up_to, strict=True)), spread.sum_s)
    return made


def _release() -> str:
    try:
        return version("store-edge")
    except PackageNotFoundError:
        return "0"
