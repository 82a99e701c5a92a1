"""The table of what was measured."""
import statistics
from dataclasses import asdict, dataclass, field

from measure import interval, ratios, spread


@dataclass
class Row:
    part: str
    figure: str
    unit: str
    ours: list
    peer: str = ""
    theirs: list = field(default_factory=list)
    most_ratio: float = None  # the target, of the ratio
    most: float = None        # or of the figure itself

    def ratios(self):
        return ratios(self.ours, self.theirs) if self.theirs and all(self.theirs) else []

    def ratio(self):
        return statistics.median(self.ratios()) if self.ratios() else None

    def interval(self):
        """Of the ratio, or of a figure with a target of its own."""
        ends = interval(self.ratios() or (self.ours if self.most is not None else []))
        return " to ".join(f"{end:.3f}" if self.ratios() else number(end) for end in ends) if ends else ""

    def reached(self):
        if self.most_ratio is not None and self.ratio() is not None:
            return self.ratio() <= self.most_ratio
        return spread(self.ours)[0] <= self.most if self.most is not None else None


def number(value):
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


class Report:
    """subject: whose figures stand first."""

    def __init__(self, subject="ferrymand"):
        self.subject = subject
        self.part, self.rows, self.remarks, self.failures = "", [], [], []

    def add(self, figure, unit, ours, peer="", theirs=(), **target):
        self.rows.append(Row(self.part, figure, unit, list(ours), peer, list(theirs), **target))

    def compare(self, figure, unit, values, of, targets, subject=None):
        """values: name to a list of dicts, one a round; targets: peer to the largest ratio, or None."""
        pick, subject = lambda name: [value[of] for value in values[name]], subject or self.subject
        for peer, most in targets.items():
            self.add(figure, unit, pick(subject), peer, pick(peer), most_ratio=most)
        if "base" in values and subject == self.subject:
            self.add(figure, unit, pick(subject), "base", pick("base"))

    def fail(self, why):
        self.failures.append((self.part, why))

    def remark(self, text):
        self.remarks.append((self.part, text))

    def cells(self, row):
        median, least, most = spread(row.ours)
        share = row.ratio()
        target = f"<= {row.most_ratio:.3g} x" if row.most_ratio else f"<= {number(row.most)}" if row.most is not None else ""
        reached = {True: "yes", False: "NO", None: ""}[row.reached()]
        return (row.part, row.figure, f"{number(median)} [{number(least)} to {number(most)}] {row.unit}", row.peer,
                f"{number(spread(row.theirs)[0])}" if row.theirs else "",
                f"{share:.3f}" if share is not None else "", row.interval(), target, reached)

    def table(self):
        lines = [("part", "figure", self.subject, "beside", "it", "ratio", "19 in 20", "target", "reached")]
        lines += [self.cells(row) for row in self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        text = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
        text += "".join(f"\n{part}: {remark}" for part, remark in self.remarks)
        return text + "".join(f"\n{part}: NOT MEASURED: {why}" for part, why in self.failures)

    def plain(self):
        return [{**asdict(row), "ratio": row.ratio(), "reached": row.reached()} for row in self.rows]
