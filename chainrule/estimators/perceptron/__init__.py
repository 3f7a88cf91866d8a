"""scikit-learn's multi-layer perceptrons, compiled, and open where they are closed.

at_once.py             training on all rows at once, by L-BFGS-B
by_batches.py          training by batches, through fit and Program
callback_bridge.py     scikit-learn's callbacks, told of each epoch
classifying.py         how classes are checked, learned and scored
hidden_layers.py       the net, and its first weights
kinds_of_answers.py    what the nets learn and answer, and by which loss
mlp_classifier.py      MLPClassifier
mlp_regressor.py       MLPRegressor
optimiser_settings.py  the optimiser, the schedule and the penalties
perceptron_base.py     what both share
rows_as_given.py       dense arrays and sparse matrices
scored_losses.py       losses as scikit-learn counts them
scores_asked_for.py    the score that early stopping was asked to watch
setting_rules.py       what each setting may be
sklearn_door.py        what of scikit-learn they are made of
standing_net.py        the net that stands, and goes on
stopping_rule.py       when training ends
weights_of_classes.py  how much the rows of each class count
"""
