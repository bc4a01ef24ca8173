"""Loads a journal with optuna and compares its best trials with the front that paretune printed."""

import json
import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.load_study(study_name=None, storage=JournalStorage(JournalFileBackend(sys.argv[1])))
front = json.load(open(sys.argv[2], encoding="utf8"))["data"]
assert study.metric_names == front["objectives"], study.metric_names
best = {trial.number for trial in study.best_trials}
printed = {point["number"] for point in front["points"]}
assert printed <= best, (sorted(printed), sorted(best))
values = {tuple(study.trials[number].values) for number in best}
assert len(values) == len(printed), (sorted(best), sorted(printed))
print(f"optuna {optuna.__version__}: {len(study.trials)} trials, the front is {sorted(printed)}")
