import numpy as np
import pandas as pd

from skdrift import HarmExplanation, Segment
from skdrift.explanation._segments import Condition

REGION = Segment((Condition("region", 1, "is", "east"),), 0.14, 0.31, 0.2, 0.4)
EXPLANATION = HarmExplanation(
    rows={3: 0.001, 1: 0.002},
    segment=REGION,
    columns={"income": "changed and harmful: 38% missing"},
    segments=(REGION,),
    words={"price": "in 40% of the texts"},
    row_p_values=np.linspace(0, 1, 5),
)


def test_frame_has_a_row_for_everything():
    frame = EXPLANATION.to_frame()
    assert frame["what"].tolist() == ["segment", "column", "word", "row", "row"]
    assert frame["name"].tolist() == ["region = east", "income", "price", 3, 1]
    assert frame["evidence"][0].startswith("14% of the batch, 31 points lost (20 to")
    assert frame["evidence"][3] == "p = 0.001"


def test_text_says_it_all():
    lines = str(EXPLANATION).splitlines()
    assert lines[0] == "2 of 5 rows stand out."
    assert lines[1].startswith("region = east: 14% of the batch")
    assert lines[2] == "income: changed and harmful: 38% missing."
    assert lines[3] == '"price": in 40% of the texts.'


def test_nothing_to_blame():
    nothing = HarmExplanation({}, Segment(), {}, row_p_values=np.ones(4))
    assert str(nothing) == "None of the 4 rows stands out."
    assert isinstance(nothing.to_frame(), pd.DataFrame)
    assert nothing.to_frame().empty
