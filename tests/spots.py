"""Where the places of tests are: WGS 84, hundred-thousandths of a degree."""

from __future__ import annotations

HERE = (3_121_890, 12_145_680)
OLD_TOWN = (3_122_400, 12_146_270)
"""800 m from here."""
NEAR = (3_122_970, 12_145_680)
"""1.2 km from here."""
CAMPUS = (3_123_960, 12_145_680)
"""2.3 km from here."""
DEPOT = (3_138_310, 12_126_550)
"""26 km from here."""
