"""Why there is no line, in words for store IT."""

from __future__ import annotations

import ssl


def why_down(error: BaseException) -> str:
    """What stood in the way, for store IT: a certificate's fault in words, else the kind of error. Never a URL."""
    seen: BaseException | None = error
    for _ in range(8):
        if isinstance(seen, ssl.SSLCertVerificationError):
            # 10: over, or not yet good; 62 and 64: another name or address; the rest is about who signed it.
            match seen.verify_code:
                case 9 | 10:
                    return "HQ's certificate is not good at this time"
                case 62 | 64:
                    return "HQ's certificate is of another host"
            return "HQ's certificate is of an authority this box does not trust"
        if isinstance(seen, ssl.SSLError):
            return "no TLS with HQ"
        if seen is None:
            break
        seen = next(
            (one for one in (getattr(seen, "reason", None), *seen.args) if isinstance(one, BaseException)),
            None,
        )
    return type(error).__name__
