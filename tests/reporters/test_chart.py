import io
from datetime import UTC, datetime, timedelta

import pytest

from helpers.support import need
from truthound.reporters import chart

Image = pytest.importorskip("PIL.Image")
START = datetime(2026, 11, 1, 6, tzinfo=UTC)


def drawn(runs, title="users"):
    return Image.open(io.BytesIO(chart.png(runs, title))).convert("RGB")


def count(image, color):
    return sum(n for n, c in image.getcolors(1 << 24) if c == tuple(bytes.fromhex(color[1:])))


def test_bars_are_as_high_as_the_share():
    def failed(share):
        return count(drawn([(START, "failure", share), (START + timedelta(days=1), "success", 1.0)]), "#d83a3a")

    assert 1.8 < failed(0.8) / failed(0.4) < 2.2


def test_a_run_without_failures_is_seen():
    assert count(drawn([(START, "success", 0.0)]), "#2e9e5b") > 100


@pytest.mark.parametrize("size", [0, 1, 2, 31, 500])
def test_any_number_of_runs(size):
    runs = [(START + timedelta(hours=i), ("failure", "error")[i % 2], None if i % 3 else i / 500) for i in range(size)]
    image = drawn(runs, "x" * 500 + "\n\u202e")
    assert image.size == (chart.WIDTH, chart.HEIGHT)
    assert image.getpixel((5, 5)) == (255, 255, 255)


def test_a_title_is_drawn_in_a_font_that_has_its_letters():
    from PIL import ImageFont

    try:
        found = bool(ImageFont.truetype("DejaVuSans.ttf"))
    except OSError:
        found = False
    need(found, "the system has no font DejaVu Sans (Debian's fonts-dejavu-core)")
    runs = [(START, "success", 0.0)]
    assert chart.png(runs, "caf\u00e9") != chart.png(runs, "caf\u00e8")
    assert chart.png(runs, "\u0437\u0430\u043a\u0430\u0437\u044b") != chart.png(
        runs, "\u0437\u0437\u0437\u0437\u0437\u0437"
    )
