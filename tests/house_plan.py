"""The plan of the house: rooms, doors, roots and who may import whom, as tests/test_rooms.py holds it."""

from __future__ import annotations

ROOMS = ("config", "devices", "edge", "kiosk_ui", "paying", "sync")

# Pure modules with the types that others need: import nothing of ours, and everybody may import them.
DOORS = tuple(
    "config.api_schema config.backup_schema config.code_schema config.device_schema config.guide_schema "
    "config.kiosk_schema config.layers "
    "config.payment_schema config.playlists config.problems config.scanner_checks config.schema "
    "config.screen_schema config.selling_schema devices.ports devices.slip edge.domain sync.admission sync.asked "
    "sync.benefits sync.configured sync.deposits sync.figures sync.goods sync.guiding sync.messages "
    "sync.ordering sync.paying_words sync.picks sync.returning sync.selling sync.selling_rules sync.signed "
    "sync.snapshot_words sync.tickets".split()
)
# Where everything is put together: may import all rooms, and nobody else may import these.
ROOTS = tuple(
    "edge.__main__ edge.adopt edge.api_client_cli edge.audit_cli edge.back_crew edge.backup_cli edge.box "
    "edge.bundle_cli edge.call_crew edge.cli "
    "edge.config_box edge.config_cli edge.config_shown edge.config_trial edge.conformance_cli edge.conformance_store "
    "edge.customer_desks edge.daemon edge.demo edge.device_trial edge.devices_cli edge.doctor_books "
    "edge.doctor_box edge.doctor_cli edge.doctor_devices edge.doctor_line edge.drawn_slips "
    "edge.enroll_cli edge.guide_crew edge.hq edge.hq_line edge.hub_cli edge.hub_run edge.kiosk_crew edge.lane_cli "
    "edge.lanes edge.media_line edge.naming edge.outbox_cli edge.own_books edge.owner edge.plugging edge.print_test "
    "edge.print_turns edge.return_crew edge.screens_cli edge.search_child edge.selling_crew edge.simulate "
    "edge.snapshot_child edge.snapshot_cli edge.snapshot_line edge.starts edge.tender_crew edge.threads edge.till_crew "
    "edge.trust_cli edge.wipe_cli".split()
)
# What else of ours a module may import; the longest fitting name counts.
ARROWS: dict[str, tuple[str, ...]] = {
    "config": ("config",),
    "devices": ("devices",),
    "sync": ("sync",),
    "paying": ("paying",),
    "kiosk_ui": ("kiosk_ui", "edge.store"),
    "edge": ("edge",),
    "edge.desks": ("edge.desks", "edge.records", "edge.db", "edge.clock", "edge.times"),
    "edge.records": ("edge.records", "edge.db", "edge.clock"),
    "edge.db": ("edge.clock", "edge.times"),
    "edge.clock": (),
    "edge.times": (),
    "edge.store": ("edge.desks", "edge.records"),
    **dict.fromkeys(ROOTS, ROOMS),
}
