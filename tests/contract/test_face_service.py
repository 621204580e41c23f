"""FaceService over the real server in process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from google.protobuf import empty_pb2
from google.rpc import code_pb2, error_details_pb2

from facesvc.application.call import Call
from facesvc.domain.photo import Photo
from facesvc.transport.status import INTERNAL_TEXT
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1 import types_pb2
from tests.contract.conftest import InProcess
from tests.contract.expect import failure
from tests.fakes import MAX_BYTES, FakeDecoder, FakeEngine, embedding_of

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def test_embed_answers_with_embedding_score_count_quality_and_model(service: InProcess) -> None:
    """Everything that the contract shows is there."""
    answer = service.faces.Embed(pb.EmbedRequest(image=b"anna"))
    np.testing.assert_array_equal(np.float32(answer.embedding), embedding_of("anna"))
    assert answer.score == pytest.approx(0.9)
    assert answer.faces_detected == 1
    assert answer.quality.score == pytest.approx(0.8)
    assert answer.model == "digest"


def test_embed_chooses_the_face_of_highest_quality_and_counts_all(service: InProcess) -> None:
    """The best face is the best by quality, not by the detector's confidence."""
    answer = service.faces.Embed(pb.EmbedRequest(image=b"anna:0.5 bert:0.9 carl:0.7"))
    np.testing.assert_array_equal(np.float32(answer.embedding), embedding_of("bert"))
    assert answer.faces_detected == 3


@pytest.mark.parametrize(
    ("encoding", "dtype", "tolerance"),
    [
        (types_pb2.EMBEDDING_ENCODING_FLOAT32, "<f4", 0.0),
        (types_pb2.EMBEDDING_ENCODING_FLOAT16, "<f2", 1e-4),
    ],
)
def test_packed_embedding_holds_the_same_vector(
    service: InProcess, encoding: int, dtype: str, tolerance: float
) -> None:
    """The packed forms carry the numbers that the float list would."""
    answer = service.faces.Embed(pb.EmbedRequest(image=b"anna", encoding=encoding))
    unpacked = np.frombuffer(answer.embedding_bytes, dtype).astype(np.float32)
    np.testing.assert_allclose(unpacked, embedding_of("anna"), atol=tolerance)
    assert not answer.embedding


def test_image_of_a_url_is_fetched(service: InProcess) -> None:
    """image_url and image are the same to the caller."""
    service.source.pages["http://photos/anna"] = b"anna"
    answer = service.faces.Embed(pb.EmbedRequest(image_url="http://photos/anna"))
    np.testing.assert_array_equal(np.float32(answer.embedding), embedding_of("anna"))


def test_a_data_uri_in_image_url_is_the_photo_itself(service: InProcess) -> None:
    """Nothing is fetched for it; one photo of a pair may be one, and a batch repeats none."""
    uri = "data:image/jpeg;base64,YW5uYQ"
    answer = service.faces.Embed(pb.EmbedRequest(image_url=uri))
    np.testing.assert_array_equal(np.float32(answer.embedding), embedding_of("anna"))
    assert service.faces.Compare(pb.CompareRequest(image_url_1=uri, image_2=b"anna")).match
    (result,) = service.faces.BatchEmbed(pb.BatchEmbedRequest(image_urls=[uri])).results
    assert (result.success, result.image_url) == (True, "data:image/jpeg;base64,...")


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.EmbedRequest(image_url="data:image/jpeg;base64,%"), "INVALID_FIELD", "image_url"),
        (pb.EmbedRequest(image_url="data:image/jpeg"), "INVALID_FIELD", "image_url"),
        (pb.EmbedRequest(), "MISSING_IMAGE", "image"),
        (pb.EmbedRequest(image=b""), "MISSING_IMAGE", "image"),
        (pb.EmbedRequest(image_url=""), "MISSING_IMAGE", "image_url"),
        (pb.EmbedRequest(image=b"nobody"), "NO_FACE", "image"),
        (pb.EmbedRequest(image=b"broken"), "IMAGE_UNDECODABLE", "image"),
        (pb.EmbedRequest(image=b"x" * (MAX_BYTES + 1)), "IMAGE_TOO_LARGE", "image"),
    ],
)
def test_bad_image_is_invalid_argument_naming_reason_and_field(
    service: InProcess, request_: pb.EmbedRequest, reason: str, field: str
) -> None:
    """Each bad image has its reason and names the field."""
    said = failure(lambda: service.faces.Embed(request_))
    assert (said.code, said.reason, said.fields) == (INVALID, reason, [field])


def test_failed_fetch_is_failed_precondition(service: InProcess) -> None:
    """The caller's web server is at fault, not the request's form."""
    said = failure(lambda: service.faces.Embed(pb.EmbedRequest(image_url="http://gone/")))
    assert said.code is grpc.StatusCode.FAILED_PRECONDITION
    assert said.reason == "IMAGE_FETCH_FAILED"
    assert said.fields == ["image_url"]


def test_unforeseen_exception_says_only_the_request_id(service: InProcess) -> None:
    """Nothing of the exception leaks; the id finds it in the log."""
    said = failure(
        lambda: service.faces.Embed(
            pb.EmbedRequest(image=b"crash"), metadata=[("x-request-id", "my-id-1")]
        )
    )
    assert said.code is grpc.StatusCode.INTERNAL
    assert said.reason == "INTERNAL"
    assert said.metadata == {"request_id": "my-id-1"}
    assert "secret" not in said.message


def test_request_id_comes_back_and_a_forged_one_is_replaced(service: InProcess) -> None:
    """Every answer carries an id that is safe to log."""
    for given in ("abc-123", "bad id with spaces"):
        _, call = service.faces.Embed.with_call(
            pb.EmbedRequest(image=b"anna"), metadata=[("x-request-id", given)]
        )
        got = dict(call.initial_metadata())["x-request-id"]
        assert (got == given) == (given == "abc-123")
        assert len(got) >= 7


def test_bytes_that_are_no_message_are_invalid_argument(service: InProcess) -> None:
    """Text that is not UTF-8 is the caller's mistake, not an internal error."""
    raw = service.channel.unary_unary("/facesvc.v1.FaceService/Embed")
    said = failure(lambda: raw(b"\x0a\x02\xff\xfe"))
    assert (said.code, said.reason) == (INVALID, "INVALID_FIELD")


def test_unknown_method_is_unimplemented(service: InProcess) -> None:
    """A wrong method name is told apart from a failing one."""
    raw = service.channel.unary_unary(
        "/facesvc.v1.FaceService/Nothing",
        request_serializer=empty_pb2.Empty.SerializeToString,
    )
    with pytest.raises(grpc.RpcError) as caught:
        raw(empty_pb2.Empty())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_compare_tells_same_from_different(service: InProcess) -> None:
    """The decision and the figures agree."""
    same = service.faces.Compare(pb.CompareRequest(image_1=b"anna", image_2=b"anna:0.5"))
    other = service.faces.Compare(pb.CompareRequest(image_1=b"anna", image_2=b"bert"))
    assert same.match
    assert same.similarity == pytest.approx(1.0, abs=1e-5)
    assert (same.quality_1.score, same.quality_2.score) == pytest.approx((0.8, 0.5))
    assert not other.match
    assert other.threshold == pytest.approx(0.45)


def test_compare_with_a_threshold_of_zero_uses_zero(service: InProcess) -> None:
    """Zero is a value, not an absence."""
    answer = service.faces.Compare(
        pb.CompareRequest(image_1=b"anna", image_2=b"anna", threshold=0.0)
    )
    assert answer.threshold == 0.0


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.CompareRequest(image_1=b"anna"), "MISSING_IMAGE", "image_2"),
        (pb.CompareRequest(image_2=b"anna"), "MISSING_IMAGE", "image_1"),
        (pb.CompareRequest(image_1=b"anna", image_2=b"nobody"), "NO_FACE", "image_2"),
        (
            pb.CompareRequest(image_1=b"anna", image_url_2="http://gone/"),
            "IMAGE_FETCH_FAILED",
            "image_url_2",
        ),
        (
            pb.CompareRequest(image_1=b"a", image_2=b"b", threshold=2.0),
            "INVALID_FIELD",
            "threshold",
        ),
        (
            pb.CompareRequest(image_1=b"a", image_2=b"b", threshold=float("nan")),
            "INVALID_FIELD",
            "threshold",
        ),
    ],
)
def test_compare_names_the_image_at_fault(
    service: InProcess, request_: pb.CompareRequest, reason: str, field: str
) -> None:
    """With two images the error says which one."""
    said = failure(lambda: service.faces.Compare(request_))
    assert (said.reason, said.fields) == (reason, [field])


def test_check_liveness_answers_for_the_best_face(service: InProcess) -> None:
    """The answer has the decision, its method and the checks."""
    answer = service.faces.CheckLiveness(pb.CheckLivenessRequest(image=b"mask"))
    assert not answer.is_live
    assert answer.method == "heuristics"
    assert answer.confidence == pytest.approx(0.1)
    assert answer.checks["texture_complexity"] == pytest.approx(0.5)


def test_analyze_describes_every_face_with_boxes_inside_the_photo(service: InProcess) -> None:
    """Boxes are whole pixels that a caller can cut out."""
    answer = service.faces.Analyze(pb.AnalyzeRequest(image=b"ann bert"))
    assert answer.faces_detected == len(answer.faces) == 2
    assert list(answer.faces[0].bbox) == [0, 0, 9, 1]
    assert (answer.faces[1].age, answer.faces[1].gender) == (30, "M")


def test_analyze_computes_only_what_is_asked_for(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every face's embedding, packed, and no other model is run."""
    for unasked in ("assess_quality", "estimate_attributes", "check_liveness"):
        monkeypatch.delattr(FakeEngine, unasked)
    request = pb.AnalyzeRequest(
        image=b"anna bert",
        features=[pb.AnalyzeRequest.EMBEDDING],
        encoding=types_pb2.EMBEDDING_ENCODING_FLOAT32,
    )
    answer = service.faces.Analyze(request)
    for face, name in zip(answer.faces, ("anna", "bert"), strict=True):
        embedding = np.frombuffer(face.embedding_bytes, "<f4")
        np.testing.assert_array_equal(embedding, embedding_of(name))
        assert not face.HasField("quality")
        assert not face.HasField("liveness")
        assert len(face.landmarks) == 10
    assert answer.model == "digest"


def test_analyze_without_features_answers_as_it_always_did(service: InProcess) -> None:
    """Quality, attributes and liveness, and no embedding."""
    (face,) = service.faces.Analyze(pb.AnalyzeRequest(image=b"anna")).faces
    assert face.HasField("quality")
    assert face.HasField("liveness")
    assert face.age == 30
    assert not face.embedding


def test_analyze_refuses_a_feature_that_does_not_exist(service: InProcess) -> None:
    """By its field."""
    request = pb.AnalyzeRequest(image=b"anna", features=[99])  # type: ignore[list-item] # on purpose
    said = failure(lambda: service.faces.Analyze(request))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["features"])


def test_analyze_of_a_photo_without_faces_is_an_empty_list(service: InProcess) -> None:
    """Nobody there is a good answer when everybody was asked for."""
    answer = service.faces.Analyze(pb.AnalyzeRequest(image=b"nobody"))
    assert answer.faces_detected == 0


@pytest.mark.parametrize("method", ["CheckLiveness", "Analyze"])
def test_call_without_image_is_missing_image(service: InProcess, method: str) -> None:
    """Every call that takes an image refuses its absence."""
    request = getattr(pb, f"{method}Request")()
    said = failure(lambda: getattr(service.faces, method)(request))
    assert (said.code, said.reason, said.fields) == (INVALID, "MISSING_IMAGE", ["image"])


def test_batch_answers_each_item_in_order_with_its_own_error(service: InProcess) -> None:
    """One bad photo spoils only its own result."""
    service.source.pages["u1"] = b"anna"
    answer = service.faces.BatchEmbed(pb.BatchEmbedRequest(image_urls=["u1", "gone", ""]))
    assert [result.index for result in answer.results] == [0, 1, 2]
    assert [result.image_url for result in answer.results] == ["u1", "gone", ""]
    assert [result.success for result in answer.results] == [True, False, False]
    assert [result.reason for result in answer.results] == [
        "",
        "IMAGE_FETCH_FAILED",
        "MISSING_IMAGE",
    ]
    assert answer.results[1].error
    assert len(answer.results[0].embedding) == 512


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.BatchEmbedRequest(), "MISSING_IMAGE", "image_urls"),
        (pb.BatchEmbedRequest(image_urls=["a"], images=[b"a"]), "MISSING_IMAGE", "image_urls"),
        (pb.BatchEmbedRequest(images=[b"a"] * 4), "INVALID_FIELD", "images"),
    ],
)
def test_bad_batch_is_refused_as_a_whole(
    service: InProcess, request_: pb.BatchEmbedRequest, reason: str, field: str
) -> None:
    """No list, two lists and too long a list."""
    said = failure(lambda: service.faces.BatchEmbed(request_))
    assert (said.reason, said.fields) == (reason, [field])


def test_stream_answers_an_item_before_the_next_is_sent(service: InProcess) -> None:
    """A caller may wait for each answer: the stream does not collect a batch first."""
    answered: queue.Queue[str] = queue.Queue()

    def requests() -> Iterator[pb.StreamEmbedRequest]:
        for name in ("anna", "nobody", "bert"):
            yield pb.StreamEmbedRequest(item_id=name, image=name.encode())
            assert answered.get(timeout=5) == name

    count = 0
    for answer in service.faces.StreamEmbed(requests(), timeout=10):
        answered.put(answer.item_id)
        count += 1
    assert count == 3


def test_stream_survives_bad_items_and_says_why(service: InProcess) -> None:
    """A bad item is an answer with the status that a single call would have had."""
    items = [
        pb.StreamEmbedRequest(item_id="1", image=b"broken"),
        pb.StreamEmbedRequest(item_id="x" * 300, image=b"anna"),
        pb.StreamEmbedRequest(item_id="3"),
        pb.StreamEmbedRequest(item_id="4", image=b"anna"),
    ]
    answers = {each.item_id: each for each in service.faces.StreamEmbed(iter(items))}
    assert len(answers) == 4
    reasons = {}
    for item_id, answer in answers.items():
        info = error_details_pb2.ErrorInfo()
        if answer.HasField("error"):
            answer.error.details[0].Unpack(info)
        reasons[item_id[:1]] = info.reason
    assert reasons == {
        "1": "IMAGE_UNDECODABLE",
        "x": "INVALID_FIELD",
        "3": "MISSING_IMAGE",
        "4": "",
    }
    assert answers["4"].success


def test_defect_that_one_photo_meets_spoils_only_its_own_item(service: InProcess) -> None:
    """In streams and batches; the item says INTERNAL and the request id, and nothing else."""
    items = [
        pb.StreamEmbedRequest(item_id="1", image=b"crash"),
        pb.StreamEmbedRequest(item_id="2", image=b"anna"),
    ]
    answers = {each.item_id: each for each in service.faces.StreamEmbed(iter(items))}
    assert answers["2"].success
    assert answers["1"].error.code == code_pb2.INTERNAL
    info = error_details_pb2.ErrorInfo()
    answers["1"].error.details[0].Unpack(info)
    assert info.reason == "INTERNAL"
    assert info.metadata["request_id"]
    batch = service.faces.BatchEmbed(pb.BatchEmbedRequest(images=[b"crash", b"anna"]))
    assert [each.reason for each in batch.results] == ["INTERNAL", ""]
    assert batch.results[0].error == INTERNAL_TEXT


@pytest.mark.parametrize("method", ["Embed", "BatchEmbed"])
def test_encoding_that_does_not_exist_is_invalid(service: InProcess, method: str) -> None:
    """Rather than silently answered in another one."""
    fields = {"image": b"anna"} if method == "Embed" else {"images": [b"anna"]}
    request = getattr(pb, f"{method}Request")(**fields, encoding=9)
    said = failure(lambda: getattr(service.faces, method)(request))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["encoding"])


def test_stream_item_with_an_encoding_that_does_not_exist_is_its_own_error(
    service: InProcess,
) -> None:
    """The stream goes on."""
    items = [pb.StreamEmbedRequest(item_id="1", image=b"anna", encoding=9)]
    (answer,) = service.faces.StreamEmbed(iter(items))
    assert answer.error.code == code_pb2.INVALID_ARGUMENT


def test_compare_fetches_nothing_when_an_image_is_missing(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's mistake is told at once."""
    fetched: list[str] = []
    monkeypatch.setattr(service.source, "fetch", lambda url, _: fetched.append(url) or b"anna")
    said = failure(lambda: service.faces.Compare(pb.CompareRequest(image_url_1="http://a/")))
    assert (said.reason, said.fields) == ("MISSING_IMAGE", ["image_2"])
    assert not fetched


def test_health_tells_pack_gallery_and_settings(service: InProcess) -> None:
    """An operator sees what runs here."""
    answer = service.faces.GetHealth(pb.GetHealthRequest())
    assert answer.status == "ok"
    assert answer.version == "1.2.3"
    assert answer.model.recognizer == "digest"
    assert answer.gallery.store == "memory"
    assert answer.match_threshold == pytest.approx(0.45)
    assert answer.uptime_s >= 0


def test_call_whose_deadline_has_passed_computes_nothing(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late call ends; nothing is computed for nobody."""
    ended, decoded = threading.Event(), threading.Event()

    def fetch_slowly(url: str, call: Call) -> bytes:
        call.on_end(ended.set)
        ended.wait(10)
        return b"anna"

    def decode(data: bytes) -> Photo:
        decoded.set()
        raise AssertionError("must not be reached")

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    monkeypatch.setattr(FakeDecoder, "decode", staticmethod(decode))
    with pytest.raises(grpc.RpcError) as caught:
        service.faces.Embed(pb.EmbedRequest(image_url="http://slow/"), timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert ended.wait(10)
    assert not decoded.wait(0.1)
