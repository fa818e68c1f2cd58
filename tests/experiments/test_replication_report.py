import itertools

import pytest

from genrelab.evaluation import thesis_results
from genrelab.experiments import replication_report
from genrelab.experiments.replication_report import Ours, ReplicationSettings

GTZAN = ReplicationSettings("gtzan", 999, 10, "random", 699, 100, 200, 25, 20, 20, 0, False)
STYLES = {"right": {"Eclectic": 5, "Pop": 12}, "of": {"Eclectic": 6, "Pop": 14}}


def ours(accuracy=0.7, low=0.6, high=0.8, **changed):
    found = Ours(
        accuracy=accuracy,
        low=low,
        high=high,
        precision=0.712,
        recall=0.698,
        f1=0.6549,
        clips=20,
        right={name: i % 3 for i, name in enumerate(thesis_results.GENRES)},
        of=dict.fromkeys(thesis_results.GENRES, 2),
        run="0123456789abcdef",
    )
    return found._replace(**changed)


def results():
    tasks = {pair: thesis_results.EXPERIMENTS[pair[0]].task for pair in thesis_results.REPORTED}
    return {pair: ours(**STYLES) if task == "style" else ours() for pair, task in tasks.items()}


def fields(text):
    """The cells of each line of tables whose cells hold at most one blank in succession."""
    return [[cell for cell in line.split("  ") if cell] for line in text.splitlines()]


class TestTable:
    def test_a_row_a_pair_in_the_order_of_the_tables_whatever_the_order_of_results(self):
        table = replication_report.table(dict(reversed(results().items())))
        assert list(zip(table.experiment, table.model, strict=True)) == list(thesis_results.REPORTED)
        assert list(table.table) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
        assert list(table.columns) == [
            *("table", "experiment", "model"),
            *("thesis_accuracy", "thesis_precision", "thesis_recall", "thesis_f1"),
            *("accuracy", "low", "high", "precision", "recall", "f1"),
            *("clips", "run", "inside"),
        ]

    def test_figures_are_percent_with_one_decimal(self):
        row = (
            replication_report.table({("units", "cnn"): ours(0.71234)})
            .set_index(["experiment", "model"])
            .loc["units", "cnn"]
        )
        assert list(row[["thesis_accuracy", "thesis_precision", "thesis_recall", "thesis_f1"]]) == [59, 63, 59, 59]
        assert list(row[["accuracy", "low", "high"]]) == [71.2, 60, 80]
        assert list(row[["precision", "recall", "f1"]]) == [71.2, 69.8, 65.5]
        assert (row.clips, row.run) == (20, "0123456789abcdef")

    @pytest.mark.parametrize(
        ("low", "high", "inside"),
        [(0.3, 0.5, True), (0.41, 0.5, True), (0.3, 0.41, True), (0.4101, 0.5, False), (0.3, 0.4099, False)],
    )
    def test_inside_is_about_the_interval_before_rounding(self, low, high, inside):
        assert replication_report.table({("baseline", "cnn"): ours(0.4, low, high)}).inside[0] == inside

    def test_what_ours_lacks_is_missing(self):
        table = replication_report.table({("both", "crnn"): ours()})
        assert len(table) == 10
        assert table.accuracy.notna().sum() == table.clips.notna().sum() == table.inside.notna().sum() == 1
        assert list(table.run[:9]) == [""] * 9
        assert "both,crnn,66,66,66,65,70.0,60.0,80.0,71.2,69.8,65.5,20,0123456789abcdef,True" in table.to_csv()


class TestTerminal:
    def test_thesis_stands_beside_ours(self):
        lines = fields(replication_report.terminal({**results(), ("both", "cnn"): ours(0.5, 0.434, 0.567)}))
        shown = [[cell.strip() for cell in line] for line in lines]
        metrics = [line for line in shown if line[:1] in (["cnn"], ["crnn"])]
        assert len(metrics) == 10
        assert metrics[0] == ["cnn", "41", "44", "40", "41", "70.0", "60-80", "71.2", "69.8", "65.5"]
        assert metrics[8] == ["cnn", "70", "70", "70", "70", "50.0", "43-57", "71.2", "69.8", "65.5"]

    def test_five_tables_with_their_titles(self):
        text = replication_report.terminal(results())
        titles = [f"Table {e.table}: {e.title}" for e in thesis_results.EXPERIMENTS.values()]
        assert [line for line in text.splitlines() if line.startswith("Table")] == titles

    def test_right_answers_a_class(self):
        shown = [[cell.strip() for cell in line] for line in fields(replication_report.terminal(results()))]
        assert ["right", "Eclectic", "Pop"] in shown
        assert ["cnn thesis", "43/60", "124/140"] in shown
        assert ["cnn ours", "5/6", "12/14"] in shown
        crnn = ["15/20", "20/20", "6/20", "7/20", "18/20", "10/20", "14/20", "15/20", "11/20", "16/20"]
        assert ["crnn thesis", *crnn] in shown
        assert ["crnn ours", *(f"{i % 3}/2" for i in range(10))] in shown

    def test_fits_a_terminal(self):
        whole = ours(
            1, 1, 1, right=dict.fromkeys(thesis_results.GENRES, 20), of=dict.fromkeys(thesis_results.GENRES, 20)
        )
        text = replication_report.terminal({pair: whole for pair in thesis_results.REPORTED if pair[0] != "styles"})
        assert max(len(line) for line in text.splitlines()) <= 110

    def test_missing_pair_is_dashes(self):
        shown = [[cell.strip() for cell in line] for line in fields(replication_report.terminal({}))]
        assert ["crnn", "66", "66", "66", "65", *"-----"] in shown
        assert ["crnn ours", *"-" * 10] in shown
        assert ["crnn ours", "-", "-"] in shown

    def test_class_that_did_not_occur_and_class_of_our_own(self):
        shown = [
            [cell.strip() for cell in line]
            for line in fields(
                replication_report.terminal({("styles", "cnn"): ours(right={"Pop": 1}, of={"Pop": 2, "Folk": 3})})
            )
        ]
        assert ["right", "Eclectic", "Pop", "Folk"] in shown
        assert ["cnn thesis", "43/60", "124/140", "-"] in shown
        assert ["cnn ours", "-", "1/2", "0/3"] in shown


class TestDifferences:
    def test_on_gtzan_as_the_thesis_used_it(self):
        lines = replication_report.differences(GTZAN)
        subjects = ["choosing", "test", "test clips", "split", "input", "CRNN", "CNN", "search"]
        assert [line.split(":")[0] for line in lines] == subjects
        assert "100 validation clips" in lines[0]
        assert "20 trials" in lines[-1]

    def test_another_corpus_comes_first(self):
        first, second = (
            replication_report.differences(GTZAN._replace(dataset=name))[0] for name in ("mine", "synthetic")
        )
        assert first.startswith("corpus: mine, 999 clips in 10 classes")
        assert first.endswith("not comparable at all")
        assert "not comparable at all" in second
        assert second.endswith("say nothing about music")

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"clips": 993}, "corpus: 993 clips of GTZAN, the thesis 999"),
            ({"fast": True}, "fast mode"),
            ({"test": 290}, "test clips: 290, in the thesis 200"),
            ({"split": "by_artist"}, "split: by_artist, 699 train, 100 validation and 200 test clips"),
            ({"trials": 3}, "search: 3 trials"),
            ({"epochs": 5}, "training: 5 epochs in batches of 20; the thesis 25 in batches of 20"),
            ({"batch_size": 8}, "training: 25 epochs in batches of 8; the thesis 25 in batches of 20"),
        ],
    )
    def test_each_difference_has_its_line(self, change, expected):
        assert not any(line.startswith(expected) for line in replication_report.differences(GTZAN))
        assert sum(line.startswith(expected) for line in replication_report.differences(GTZAN._replace(**change))) == 1


class TestMarkdown:
    def test_holds_tables_right_answers_differences_and_protocol(self):
        page = replication_report.markdown(results(), GTZAN._replace(dataset="mine"))
        assert page.startswith("# The thesis's tables 1-5, replicated on mine\n\n999 clips in 10 classes; split random")
        assert "25 epochs in batches of 20; 20 trials a search; seed 0" in page
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if "|" in line]
        assert ["cnn", "41", "44", "40", "41", "70.0", "60-80", "71.2", "69.8", "65.5"] in cells
        assert ["crnn thesis", "49/60", "124/140"] in cells
        assert page.count("Runs: cnn `0123456789abcdef`, crnn `0123456789abcdef`") == 5
        for line in (*replication_report.differences(GTZAN._replace(dataset="mine")), *thesis_results.NOTES):
            assert f"\n- {line}\n" in page

    def test_every_row_of_a_table_has_as_many_cells_as_its_head(self):
        lines = replication_report.markdown({}, GTZAN).splitlines()
        tables = [list(group) for is_row, group in itertools.groupby(lines, lambda x: x.startswith("|")) if is_row]
        assert len(tables) == 10
        assert all(len({line.count("|") for line in table}) == 1 for table in tables)
        assert "Runs:" not in "\n".join(lines)
