"""ONNX Runtime: the prediction of the same net, from a model that is built here."""

import itertools

import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

from benchmarks.cases import Case, data
from benchmarks.peers import Task

OPSET, IR_VERSION = 17, 8  # old enough for every runtime of the last years


def predict(case: Case) -> Task:
    """One run of a session with one thread."""
    given = data(case)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        _model(given.layers).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    x = given.x[: case.rows]
    return Task(lambda: session.run(None, {"x": x})[0], lambda out: float(np.abs(out).mean()))


def _model(layers):
    """Gemm and Relu, layer by layer."""
    nodes, weights, below = [], [], "x"
    for i, (weight, bias) in enumerate(layers):
        weights += [numpy_helper.from_array(weight, f"w{i}")]
        weights += [numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [below, f"w{i}", f"b{i}"], [f"z{i}"]))
        below = f"z{i}"
        if i < len(layers) - 1:
            nodes.append(helper.make_node("Relu", [below], [f"h{i}"]))
            below = f"h{i}"
    ends = zip(("x", below), (len(layers[0][0]), len(layers[-1][1])), strict=True)
    x, scores = itertools.starmap(_rows_of, ends)
    graph = helper.make_graph(nodes, "net", [x], [scores], weights)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    checker.check_model(model)
    return model


def _rows_of(name, width):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", width])


FORMS = {"predict": predict}
