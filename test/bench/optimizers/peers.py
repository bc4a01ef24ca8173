"""Other optimizers behind the ask-tell protocol, for `run.ts --python FOLDER`.

Usage: python peers.py optuna-gp | optuna-tpe | botorch
Needs `pip install optuna botorch` (torch comes with botorch) in an environment of its own. Library defaults, ten random
or Sobol points first; BoTorch infers its reference point from 1.1 times the worst value of each objective and knows
real parameters only.
"""

import json
import os
import sys
import warnings

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
warnings.filterwarnings("ignore")


class Optuna:
    def __init__(self, setup, kind):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna, self.space, self.constraints = optuna, setup["space"], setup["constraints"]
        options = {"seed": setup["seed"]}
        if self.constraints > 0:
            options["constraints_func"] = lambda trial: trial.user_attrs["slacks"]
        samplers = optuna.samplers
        sampler = samplers.TPESampler(**options) if kind == "tpe" else samplers.GPSampler(**options)
        directions = ["minimize"] * len(setup["objectives"])
        self.study = optuna.create_study(directions=directions, sampler=sampler)
        self.open = {}

    def ask(self):
        trial = self.study.ask()
        params = {}
        for entry in self.space:
            name = entry["name"]
            if entry["type"] == "categorical":
                params[name] = trial.suggest_categorical(name, entry["choices"])
            elif entry["type"] == "int":
                params[name] = trial.suggest_int(name, entry["low"], entry["high"])
            else:
                params[name] = trial.suggest_float(name, entry["low"], entry["high"])
        self.open[trial.number] = trial
        return trial.number, params

    def tell(self, number, values, slacks):
        trial = self.open.pop(number)
        if self.constraints > 0:
            trial.set_user_attr("slacks", slacks)
        self.study.tell(trial, values)


class BoTorch:
    DESIGN = 10

    def __init__(self, setup):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(setup["seed"])
        self.torch, self.space, self.constraints = torch, setup["space"], setup["constraints"]
        if any(entry["type"] != "float" for entry in self.space):
            raise ValueError("real parameters only")
        engine = torch.quasirandom.SobolEngine(len(self.space), scramble=True, seed=setup["seed"])
        self.design = engine.draw(self.DESIGN, dtype=torch.double)
        self.asked, self.x, self.losses, self.slacks = [], [], [], []

    def ask(self):
        number = len(self.asked)
        unit = self.design[number] if number < self.DESIGN else self.suggest()
        self.asked.append(unit)
        span = zip(self.space, unit.tolist())
        return number, {entry["name"]: entry["low"] + u * (entry["high"] - entry["low"]) for entry, u in span}

    def tell(self, number, values, slacks):
        self.x.append(self.asked[number])
        self.losses.append(values)
        self.slacks.append(slacks)

    def suggest(self):
        from botorch.acquisition.logei import qLogNoisyExpectedImprovement
        from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
        from botorch.acquisition.multi_objective.objective import IdentityMCMultiOutputObjective
        from botorch.acquisition.objective import GenericMCObjective
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import ModelListGP, SingleTaskGP
        from botorch.models.transforms import Standardize
        from botorch.optim import optimize_acqf
        from gpytorch.mlls import SumMarginalLogLikelihood

        torch = self.torch
        x = torch.stack(self.x)
        losses = torch.tensor(self.losses, dtype=torch.double)
        outcomes = torch.cat([-losses, torch.tensor(self.slacks, dtype=torch.double).reshape(len(x), -1)], dim=1)
        columns = [outcomes[:, k : k + 1] for k in range(outcomes.shape[1])]
        model = ModelListGP(*(SingleTaskGP(x, column, outcome_transform=Standardize(1)) for column in columns))
        fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
        width = losses.shape[1]
        slack = [lambda sample, k=width + c: sample[..., k] for c in range(self.constraints)] or None
        common = {"X_baseline": x, "prune_baseline": True, "constraints": slack}
        if width == 1:
            objective = GenericMCObjective(lambda sample, X=None: sample[..., 0])
            acquisition = qLogNoisyExpectedImprovement(model, objective=objective, **common)
        else:
            worst, best = losses.max(0).values, losses.min(0).values
            acquisition = qLogNoisyExpectedHypervolumeImprovement(
                model,
                ref_point=(-(worst + 0.1 * (worst - best))).tolist(),
                objective=IdentityMCMultiOutputObjective(outcomes=list(range(width))),
                **common,
            )
        bounds = torch.stack([torch.zeros(x.shape[1]), torch.ones(x.shape[1])]).double()
        best, _ = optimize_acqf(acquisition, bounds=bounds, q=1, num_restarts=8, raw_samples=256)
        return best[0].detach()


def main():
    kind = sys.argv[1]
    peer = None
    for line in sys.stdin:
        request = json.loads(line)
        operation = request["op"]
        if operation == "init":
            peer = BoTorch(request) if kind == "botorch" else Optuna(request, kind.removeprefix("optuna-"))
            reply = {"ok": True}
        elif operation == "ask":
            number, params = peer.ask()
            reply = {"id": number, "params": params}
        elif operation == "tell":
            peer.tell(request["id"], request["values"], request["constraints"])
            reply = {"ok": True}
        else:
            break
        print(json.dumps(reply), flush=True)


main()
