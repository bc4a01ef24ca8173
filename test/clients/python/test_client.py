"""The client against the real program, named by PARETUNE_COMMAND (a JSON list)."""

import json
import math
import os
import unittest

from paretune import ParetuneError, Refused, Study

PROGRAM = json.loads(os.environ["PARETUNE_COMMAND"])
LINE = {"x": {"type": "float", "low": 0, "high": 1}}


def study(space=LINE, objectives=("loss",), **options):
    return Study(space, objectives, program=PROGRAM, **options)


def parabola(params):
    return (params["x"] - 0.3) ** 2


class Ask(unittest.TestCase):
    def test_three_lines_find_the_minimum(self):
        with study(seed=1) as line:
            best = line.optimize(parabola, 15)
        self.assertAlmostEqual(best.recommendation.params["x"], 0.3, delta=0.02)
        self.assertTrue(best.recommendation.feasible)

    def test_the_same_calls_give_the_same_points_to_the_bit(self):
        runs = []
        for _ in range(2):
            with study(seed=7) as line:
                points = []
                for trial in line.trials(8):
                    points.append(trial.params["x"])
                    line.tell(trial, parabola(trial.params))
                runs.append(points)
        self.assertEqual(runs[0], runs[1])

    def test_points_asked_for_together_are_told_in_any_order(self):
        with study(seed=2) as line:
            asked = line.ask_many(4)
            self.assertEqual(len({trial.params["x"] for trial in asked}), 4)
            for trial in reversed(asked):
                line.tell(trial, parabola(trial.params))
            self.assertEqual(line.best().front[0].values, [min(parabola(trial.params) for trial in asked)])

    def test_a_finite_space_ends(self):
        with study({"n": {"type": "int", "low": 1, "high": 3}}) as finite:
            told = []
            for trial in finite.trials(10):
                told.append(trial.params["n"])
                finite.tell(trial, trial.params["n"])
            self.assertEqual(sorted(told), [1, 2, 3])
            self.assertTrue(finite.exhausted)
            with self.assertRaises(Refused):
                finite.ask()


class Tell(unittest.TestCase):
    def test_constraints_and_directions(self):
        objectives = ["cost", {"name": "gain", "direction": "maximize"}]
        with study(objectives=objectives, constraints=1, seed=3) as two:
            for trial in two.trials(12):
                x = trial.params["x"]
                two.tell(trial, [x, x], constraints=[0.5 - x])
            best = two.best()
        self.assertTrue(all(point.feasible and point.params["x"] >= 0.5 for point in best.front))
        self.assertGreater(len(best.front), 1)

    def test_failures_are_not_chosen(self):
        with study(seed=4) as line:
            for trial in line.trials(10):
                if trial.params["x"] < 0.5:
                    line.tell(trial, math.nan)
                elif trial.params["x"] < 0.6:
                    line.fail(trial)
                else:
                    line.tell(trial, trial.params["x"])
            self.assertGreaterEqual(line.best().recommendation.params["x"], 0.6)

    def test_replicates_knowledge_from_elsewhere_and_fronts(self):
        with study(seed=5) as line:
            line.seed({"x": 0.31}, 0.0001)
            for trial in line.trials(6):
                line.tell(trial, [[parabola(trial.params) + noise] for noise in (-0.01, 0.01)])
            self.assertGreater(len(line.fronts()), 0)
            (loss,) = line.importance()["importance"]
            self.assertEqual(loss["objective"], "loss")
            self.assertLessEqual(loss["leave_one_out_r2"], 1)
            (x,) = loss["parameters"]
            self.assertEqual(x["name"], "x")
            for index in (x["first"], x["total"]):
                self.assertTrue(0 <= index["low"] <= index["value"] <= index["high"] <= 1)
            self.assertGreater(x["total"]["value"], 0.5)

    def test_goes_on_from_a_state(self):
        with study(seed=6) as first:
            for trial in first.trials(5):
                first.tell(trial, parabola(trial.params))
            state = json.loads(json.dumps(first.state()))
            expected = first.ask().params
        with study(seed=6) as second:
            second.restore(state)
            self.assertEqual(second.ask().params, expected)


class Mistakes(unittest.TestCase):
    def test_a_refusal_names_field_and_value_and_leaves_the_session(self):
        with study(seed=1) as line:
            with self.assertRaisesRegex(Refused, "99"):
                line.tell(99, 1.0)
            line.tell(line.ask(), 1.0)

    def test_a_space_that_cannot_be_read_is_refused(self):
        with self.assertRaisesRegex(Refused, "low"):
            study({"x": {"type": "float", "low": 2, "high": 1}})

    def test_a_program_that_is_not_there(self):
        with self.assertRaisesRegex(ParetuneError, "cannot start"):
            Study(LINE, program=["/nonexistent/paretune"])

    def test_a_program_that_dies_is_said_with_what_it_said(self):
        with self.assertRaisesRegex(ParetuneError, "exit code 3"):
            Study(LINE, program=["sh", "-c", "echo lost >&2; exit 3"])
        line = study()
        line._process.kill()
        with self.assertRaisesRegex(ParetuneError, "ended"):
            line.ask()
        line.close()
        with self.assertRaisesRegex(ParetuneError, "closed"):
            line.ask()


if __name__ == "__main__":
    unittest.main()
