"""One training of implicit on files that implicit.mjs has written; the job is JSON in the last argument.

Answers with JSON on the last line of stdout: seconds of the fit, NDCG@20 on validation as @kindred/evaluation defines it
(whole catalogue, train items left out, every held-out item counts), and the peak memory of the process.
"""

import json
import resource
import sys
import time

import implicit
import numpy
import scipy.sparse
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking

CUTOFF = 20
MODELS = {"als": AlternatingLeastSquares, "bpr": BayesianPersonalizedRanking}


def read_pairs(path):
    """Rows of user and item positions, one pair a line."""
    return numpy.loadtxt(path, dtype=numpy.int64, delimiter="\t", ndmin=2)


def discounts(count):
    return 1 / numpy.log2(numpy.arange(count) + 2)


def ndcg(ranked, relevant, relevant_count):
    gain = discounts(len(ranked))[numpy.isin(ranked, relevant)].sum()
    return gain / discounts(min(CUTOFF, relevant_count)).sum()


def main(job):
    train = read_pairs(job["train"])
    held = read_pairs(job["validation"])
    shape = (job["users"], job["items"])
    matrix = scipy.sparse.csr_matrix((numpy.ones(len(train), numpy.float32), (train[:, 0], train[:, 1])), shape)
    model = MODELS[job["model"]](**job["settings"], num_threads=job["threads"], random_state=job["seed"])
    started = time.perf_counter()
    model.fit(matrix, show_progress=False)
    seconds = time.perf_counter() - started

    # Item -1 stands for an item that train does not know: it counts, and nothing finds it.
    users = numpy.unique(held[:, 0])
    items, _ = model.recommend(users, matrix[users], N=CUTOFF, filter_already_liked_items=True)
    values = []
    for user, ranked in zip(users, items):
        wanted = held_of(held, user)
        values.append(ndcg(ranked, wanted[wanted >= 0], len(wanted)))
    with open(job["recommendations"], "w", encoding="utf-8") as file:
        for user, ranked in zip(users, items):
            file.write("\t".join(map(str, [user, *ranked])) + "\n")
    return {
        "version": implicit.__version__,
        "seconds": {"train": round(seconds, 3)},
        "users": len(users),
        "ndcg@20": round(float(numpy.mean(values)), 6),
        "peakRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def held_of(held, user):
    """The lines of a user; users ascend."""
    start, end = numpy.searchsorted(held[:, 0], [user, user + 1])
    return held[start:end, 1]


if __name__ == "__main__":
    print(json.dumps({"answer": main(json.loads(sys.argv[-1]))}))
