"""GalleryService: convert, call, convert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import grpc

from facesvc.application.announcements import Checking, Deciding
from facesvc.application.delete_alias import DeleteAlias
from facesvc.application.delete_collection import DeleteCollection
from facesvc.application.delete_enrollment import DeleteUser
from facesvc.application.delete_sample import DeleteSample
from facesvc.application.delete_users import DeleteUsers
from facesvc.application.enroll import EnrollFace
from facesvc.application.erase_deleted import EraseDeleted
from facesvc.application.export_gallery import ExportCollection
from facesvc.application.get_collection import GetCollection
from facesvc.application.get_enrollment import GetUser
from facesvc.application.identify import IdentifyFaces
from facesvc.application.import_gallery import ImportCollection
from facesvc.application.list_collections import ListCollections
from facesvc.application.list_gallery import ListUsers
from facesvc.application.list_samples import ListSamples
from facesvc.application.merge_users import MergeUsers
from facesvc.application.move_sample import MoveSample
from facesvc.application.search import SearchFaces
from facesvc.application.set_alias import SetAlias
from facesvc.application.set_collection import SetCollection
from facesvc.application.start_challenge import StartChallenge
from facesvc.application.stream_enroll import StreamEnroll
from facesvc.application.update_user import UpdateUser
from facesvc.application.verify import VerifyFace
from facesvc.domain import limits
from facesvc.domain.page_token import read_token
from facesvc.transport.call import to_call
from facesvc.transport.convert import (
    check_gallery,
    check_in,
    delete_collection,
    delete_enrollment,
    delete_sample,
    delete_users,
    enroll,
    erase_deleted,
    get_collection,
    get_enrollment,
    identify,
    list_collections,
    list_gallery,
    list_samples,
    merge_users,
    move_sample,
    search,
    set_collection,
    update_user,
    verify,
)
from facesvc.transport.convert.requests import collection_of, limit_of
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1 import gallery_service_pb2_grpc as pb_grpc


@dataclass(frozen=True)
class GalleryServicer(pb_grpc.GalleryServiceServicer):
    """The calls on enrolled people."""

    enroll: EnrollFace
    stream_enroll: StreamEnroll
    get_enrollment: GetUser
    list_samples: ListSamples
    update_user: UpdateUser
    delete_sample: DeleteSample
    move_sample: MoveSample
    merge_users: MergeUsers
    delete_enrollment: DeleteUser
    delete_users: DeleteUsers
    list_gallery: ListUsers
    search: SearchFaces
    verify: VerifyFace
    identify: IdentifyFaces
    check_in: Deciding
    start_challenge: StartChallenge
    list_collections: ListCollections
    get_collection: GetCollection
    set_collection: SetCollection
    delete_collection: DeleteCollection
    set_alias: SetAlias
    delete_alias: DeleteAlias
    erase_deleted: EraseDeleted
    export_gallery: ExportCollection
    import_gallery: ImportCollection
    check_gallery: Checking

    def Enroll(  # noqa: N802 - the contract's name, as all below
        self, request: pb.EnrollRequest, context: grpc.ServicerContext
    ) -> pb.EnrollResponse:
        outcome = self.enroll(enroll.to_request(request), to_call(context))
        return enroll.to_response(request.user_id, outcome)

    def DeleteEnrollment(  # noqa: N802
        self, request: pb.DeleteEnrollmentRequest, context: grpc.ServicerContext
    ) -> pb.DeleteEnrollmentResponse:
        receipt = self.delete_enrollment(delete_enrollment.to_request(request), to_call(context))
        return delete_enrollment.to_response(request.user_id, receipt)

    def DeleteUsers(  # noqa: N802
        self, request: pb.DeleteUsersRequest, context: grpc.ServicerContext
    ) -> pb.DeleteUsersResponse:
        deleted = self.delete_users(delete_users.to_request(request), to_call(context))
        return delete_users.to_response(deleted)

    def GetEnrollment(  # noqa: N802
        self, request: pb.GetEnrollmentRequest, context: grpc.ServicerContext
    ) -> pb.GetEnrollmentResponse:
        found = self.get_enrollment(get_enrollment.to_request(request), to_call(context))
        return get_enrollment.to_response(*found)

    def ListSamples(  # noqa: N802
        self, request: pb.ListSamplesRequest, context: grpc.ServicerContext
    ) -> pb.ListSamplesResponse:
        enrolled = self.list_samples(list_samples.to_request(request), to_call(context))
        return list_samples.to_response(enrolled)

    def UpdateUser(  # noqa: N802
        self, request: pb.UpdateUserRequest, context: grpc.ServicerContext
    ) -> pb.UpdateUserResponse:
        receipt = self.update_user(update_user.to_edit(request), to_call(context))
        return update_user.to_response(request.user_id, receipt)

    def DeleteSample(  # noqa: N802
        self, request: pb.DeleteSampleRequest, context: grpc.ServicerContext
    ) -> pb.DeleteSampleResponse:
        receipt = self.delete_sample(delete_sample.to_edit(request), to_call(context))
        return delete_sample.to_response(request, receipt)

    def MoveSample(  # noqa: N802
        self, request: pb.MoveSampleRequest, context: grpc.ServicerContext
    ) -> pb.MoveSampleResponse:
        receipt = self.move_sample(move_sample.to_edit(request), to_call(context))
        return move_sample.to_response(request, receipt)

    def MergeUsers(  # noqa: N802
        self, request: pb.MergeUsersRequest, context: grpc.ServicerContext
    ) -> pb.MergeUsersResponse:
        receipt = self.merge_users(merge_users.to_edit(request), to_call(context))
        return merge_users.to_response(request, receipt)

    def ListGallery(  # noqa: N802
        self, request: pb.ListGalleryRequest, context: grpc.ServicerContext
    ) -> pb.ListGalleryResponse:
        page = self.list_gallery(list_gallery.to_request(request), to_call(context))
        return list_gallery.to_response(page)

    def Search(  # noqa: N802
        self, request: pb.SearchRequest, context: grpc.ServicerContext
    ) -> pb.SearchResponse:
        outcome = self.search(search.to_request(request), to_call(context))
        return search.to_response(outcome)

    def Verify(  # noqa: N802
        self, request: pb.VerifyRequest, context: grpc.ServicerContext
    ) -> pb.VerifyResponse:
        verification = self.verify(verify.to_request(request), to_call(context))
        return verify.to_response(request.user_id, verification)

    def Identify(  # noqa: N802
        self, request: pb.IdentifyRequest, context: grpc.ServicerContext
    ) -> pb.IdentifyResponse:
        identified = self.identify(identify.to_request(request), to_call(context))
        return identify.to_response(identified)

    def CheckIn(  # noqa: N802
        self, request: pb.CheckInRequest, context: grpc.ServicerContext
    ) -> pb.CheckInResponse:
        checked = self.check_in(check_in.to_request(request), to_call(context))
        return check_in.to_response(checked)

    def StartChallenge(  # noqa: N802
        self,
        request: pb.StartChallengeRequest,  # noqa: ARG002 - its collection is the key's business
        context: grpc.ServicerContext,  # noqa: ARG002 - answers at once
    ) -> pb.StartChallengeResponse:
        return check_in.to_challenge_response(self.start_challenge())

    def StreamEnroll(  # noqa: N802
        self, request_iterator: Iterator[pb.StreamEnrollRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.StreamEnrollResponse]:
        items = (
            ((request.item_id, request.enrollment.user_id), enroll.to_item(request))
            for request in request_iterator
        )
        for outcome in self.stream_enroll(items, to_call(context)):
            yield enroll.to_item_response(*outcome.key, outcome.result)

    def ListCollections(  # noqa: N802
        self,
        request: pb.ListCollectionsRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 - answers at once
    ) -> pb.ListCollectionsResponse:
        found = self.list_collections(read_token(request.page_token))
        return list_collections.to_response(found)

    def GetCollection(  # noqa: N802
        self,
        request: pb.GetCollectionRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 - answers at once
    ) -> pb.GetCollectionResponse:
        limit = limit_of(request, "target_fpir")
        return get_collection.to_response(self.get_collection(collection_of(request), limit))

    def SetCollection(  # noqa: N802
        self, request: pb.SetCollectionRequest, context: grpc.ServicerContext
    ) -> pb.SetCollectionResponse:
        name, change = collection_of(request), set_collection.to_change(request)
        return set_collection.to_response(*self.set_collection(name, change, to_call(context)))

    def DeleteCollection(  # noqa: N802
        self, request: pb.DeleteCollectionRequest, context: grpc.ServicerContext
    ) -> pb.DeleteCollectionResponse:
        name = limits.collection_name(request.collection, "collection")
        receipt = self.delete_collection(name, to_call(context))
        return delete_collection.to_response(name, receipt)

    def SetAlias(  # noqa: N802
        self, request: pb.SetAliasRequest, context: grpc.ServicerContext
    ) -> pb.SetAliasResponse:
        alias = limits.collection_name(request.alias, "alias")
        name = limits.collection_name(request.collection, "collection")
        self.set_alias(alias, name, to_call(context))
        return pb.SetAliasResponse(alias=alias, collection=name)

    def DeleteAlias(  # noqa: N802
        self, request: pb.DeleteAliasRequest, context: grpc.ServicerContext
    ) -> pb.DeleteAliasResponse:
        alias = limits.collection_name(request.alias, "alias")
        self.delete_alias(alias, to_call(context))
        return pb.DeleteAliasResponse(alias=alias)

    def EraseDeleted(  # noqa: N802
        self,
        request: pb.EraseDeletedRequest,  # noqa: ARG002 - asks for all
        context: grpc.ServicerContext,
    ) -> pb.EraseDeletedResponse:
        return erase_deleted.to_response(self.erase_deleted(to_call(context)))

    def ExportGallery(  # noqa: N802
        self, request: pb.ExportGalleryRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportGalleryResponse]:
        name = collection_of(request)
        for chunk in self.export_gallery(name, request.passphrase, to_call(context)):
            yield pb.ExportGalleryResponse(chunk=chunk)

    def ImportGallery(  # noqa: N802
        self, request_iterator: Iterator[pb.ImportGalleryRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.ImportGalleryResponse]:
        first = next(request_iterator, pb.ImportGalleryRequest())
        chunks = (request.chunk for request in chain([first], request_iterator))
        progress = self.import_gallery(chunks, first.collection, first.passphrase, to_call(context))
        for step in progress:
            yield pb.ImportGalleryResponse(users=step.users, samples=step.samples, done=step.done)

    def CheckGallery(  # noqa: N802
        self, request: pb.CheckGalleryRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.CheckGalleryResponse]:
        for event in self.check_gallery(check_gallery.to_request(request), to_call(context)):
            yield check_gallery.to_response(event)
