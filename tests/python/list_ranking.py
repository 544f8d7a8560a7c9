"""A client in another language: what a stranger with proto/ and the usual packages can do.

    python list_ranking.py ADDRESS PROTO_FOLDER

Generates stubs from the contracts, lists a ranking of the newest finished assessment, then sends a bad request and
reads the google.rpc details of the refusal. Prints one JSON document on standard output.
"""

import importlib
import json
import pathlib
import sys
import tempfile

import grpc
import grpc_tools.protoc
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2  # noqa: F401  registers the details, so that Any can be unpacked
from grpc_status import rpc_status

DEADLINE_SECONDS = 30


def generate(proto: pathlib.Path, out: pathlib.Path) -> None:
    """Writes Python stubs for every contract."""
    files = sorted(str(path.relative_to(proto)) for path in (proto / "xiuhua").rglob("*.proto"))
    bundled = str(pathlib.Path(grpc_tools.protoc.__file__).parent / "_proto")
    arguments = ["protoc", f"-I{proto}", f"-I{bundled}", f"--python_out={out}", f"--grpc_python_out={out}", *files]
    if grpc_tools.protoc.main(arguments) != 0:
        raise SystemExit("the contracts do not compile")


def ranking(stub, scoring) -> dict:
    """The best five of the largest type of the newest finished assessment."""
    answer = stub.ListAssessments(scoring.ListAssessmentsRequest(), timeout=DEADLINE_SECONDS)
    finished = [it for it in answer.assessments if it.state == scoring.ASSESSMENT_STATE_SUCCEEDED]
    if not finished:
        raise SystemExit("no assessment has succeeded")
    assessment = finished[0]
    largest = max((it for it in assessment.types if it.type != "UNCLASSIFIED"), key=lambda it: it.scored)
    request = scoring.ListRankingRequest(assessment_id=assessment.id, type=largest.type, page_size=5)
    page = stub.ListRanking(request, timeout=DEADLINE_SECONDS)
    return {
        "type": largest.type,
        "scored": largest.scored,
        "places": [
            {"place_id": it.place_id, "rank": it.score.rank, "score": it.score.score} for it in page.places
        ],
        "more": bool(page.next_page_token),
    }


def refusal(stub, scoring) -> dict:
    """What comes back for a ranking of nothing: no assessment named, no type."""
    try:
        stub.ListRanking(scoring.ListRankingRequest(), timeout=DEADLINE_SECONDS)
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        if status is None:
            raise SystemExit(f"the refusal carries no details: {error.code()}") from error
        return {"code": error.code().name, "details": [MessageToDict(detail) for detail in status.details]}
    raise SystemExit("a bad request was accepted")


def main() -> None:
    """Runs both calls and prints what came back."""
    address, proto = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as folder, grpc.insecure_channel(address) as channel:
        generate(proto, pathlib.Path(folder))
        sys.path.insert(0, folder)
        scoring = importlib.import_module("xiuhua.scoring.v1.scoring_pb2")
        stub = importlib.import_module("xiuhua.scoring.v1.scoring_pb2_grpc").ScoringServiceStub(channel)
        json.dump({"ranking": ranking(stub, scoring), "refusal": refusal(stub, scoring)}, sys.stdout)


if __name__ == "__main__":
    main()
