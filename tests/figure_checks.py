"""What every figure is held to."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def assert_readable(figure: Figure) -> None:
    """Check that a figure of a demo says so, that its labels stay apart and that nothing is cut."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    assert "demo" in [text.get_text() for text in figure.texts]
    for axis in figure.axes:
        for labels in (axis.get_xticklabels(), axis.get_yticklabels()):
            shown = [label for label in labels if label.get_visible() and label.get_text()]
            boxes = [label.get_window_extent(renderer) for label in shown]
            for position, box in enumerate(boxes):
                assert not any(box.overlaps(other) for other in boxes[:position])
        box = axis.get_tightbbox(renderer)
        if box is not None:
            assert min(box.x0, box.y0) > -2
            assert box.x1 < figure.bbox.width + 2
            assert box.y1 < figure.bbox.height + 2
