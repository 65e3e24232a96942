"""What to do about each finding, in a sentence or two: a report is read where the pages of the checks are not."""

__all__ = ["REMEDIES", "remedy", "where"]

REMEDIES: dict[str, tuple[str, str]] = {  # code: what to do, and the section that shows it
    "D001": ("Find out why they are missing; leave out a column that is mostly empty.", "data"),
    "D002": ("Nothing; to leave them out saves memory.", "data"),
    "D003": ("Look whether rows were lost; nothing, if the label was meant to be absent.", "data"),
    "D004": ("Judge by macro F1, and look at the rare classes one by one.", "classes"),
    "D005": ("Drop the copies, or keep them on one side of every split.", "data"),
    "D006": ("Drop these rows from one side.", "validation"),
    "D007": ("Nothing, if the images were meant to be stored so: every contestant scales them itself.", "data"),
    "D008": ("Nothing in this run. Wherever else these rows are divided, divide them by group.", "copies"),
    "D009": ("If the rows to come will be like the test rows, collect training rows like them.", "data"),
    "D010": ("Look at these rows, correct the labels that are wrong, and run it again.", "labels"),
    "D011": ("Look at these rows; where they have one source, declare it (--group).", "copies"),
    "D012": ("Read the scores without these rows.", "validation"),
    "P001": ("Set validation: 0.2; the final fit still uses all training rows.", "openings"),
    "P002": ("Divide the rows so that every group lies on one side.", "copies"),
    "P003": ("Give it five seeds or more (--seeds 5); fits that are there are not trained again.", "leaderboard"),
    "P004": ("Choose on validation rows, and keep test rows that nobody has looked at for the last word.", "openings"),
    "P005": ("Compare the same average of both.", "claims"),
    "P006": ("Give every family as many tries, judged on validation rows.", "leaderboard"),
    "P007": ("Leave output_units out: a network gets one output a class.", "networks"),
    "P008": ("Set output_activation: softmax and loss: categorical_crossentropy.", "networks"),
    "R001": ("Stop earlier, or add rows, augmentation, dropout or L2.", "history"),
    "R002": ("Train longer, with a higher learning rate, or with more units.", "history"),
    "R003": ("Give it more epochs or iterations, until its loss stops falling.", "failures"),
    "R004": ("Look at its settings and its training: it has learned nothing.", "history"),
    "R005": ("Look at its settings and scaling, or leave it out.", "leaderboard"),
    "R006": ("Believe the test score, and look for what hangs together across the validation split.", "validation"),
    "R007": ("Do not read their order as settled; more seeds would narrow it.", "comparisons"),
}


def remedy(code: str) -> str:
    """What to do; empty for a code that this release does not know."""
    return REMEDIES.get(code, ("", ""))[0]


def where(code: str) -> str:
    """The section that shows it; empty for a code that this release does not know."""
    return REMEDIES.get(code, ("", ""))[1]
