"""The portal's unit of work: repositories by plural nouns, over one transaction."""

from functools import cached_property

from portal.repositories.branch_structures import BranchStructures
from portal.repositories.department_changes import DepartmentChanges
from portal.repositories.departure_proposals import DepartureProposals
from portal.repositories.departures import Departures
from portal.repositories.desktop_presences import DesktopPresences
from portal.repositories.dissolutions import Dissolutions
from portal.repositories.ended_enrolments import EndedEnrolments
from portal.repositories.enrolment_contents import EnrolmentContents
from portal.repositories.enrolments import Enrolments
from portal.repositories.history_entries import HistoryEntries
from portal.repositories.leftovers import Leftovers
from portal.repositories.people import People
from portal.repositories.snapshots import Snapshots
from portal.repositories.structure import Structure
from portal.repositories.structure_building import StructureBuilding
from portal.repositories.structure_changes import StructureChanges
from portal.repositories.students import Students
from portal.repositories.webhook_deliveries import WebhookDeliveries
from portal.repositories.webhooks import Webhooks
from shared import clock
from shared.messaging.unit_of_work import UnitOfWork


class PortalUnitOfWork(UnitOfWork):
    @cached_property
    def branch_structures(self) -> BranchStructures:
        return BranchStructures(self.session)

    @cached_property
    def departure_proposals(self) -> DepartureProposals:
        return DepartureProposals(self.session)

    @cached_property
    def students(self) -> Students:
        return Students(self.session)

    @cached_property
    def enrolments(self) -> Enrolments:
        return Enrolments(self.session)

    @cached_property
    def ended_enrolments(self) -> EndedEnrolments:
        return EndedEnrolments(self.session)

    @cached_property
    def contents(self) -> EnrolmentContents:
        return EnrolmentContents(self.session)

    @cached_property
    def department_changes(self) -> DepartmentChanges:
        return DepartmentChanges(self.session)

    @cached_property
    def departures(self) -> Departures:
        return Departures(self.session)

    @cached_property
    def desktop_presences(self) -> DesktopPresences:
        return DesktopPresences(self.session)

    @cached_property
    def dissolutions(self) -> Dissolutions:
        return Dissolutions(self.session)

    @cached_property
    def history(self) -> HistoryEntries:
        return HistoryEntries(self.session)

    @cached_property
    def leftovers(self) -> Leftovers:
        return Leftovers(self.session, clock.school_year_of(clock.today()))

    @cached_property
    def people(self) -> People:
        return People(self.session)

    @cached_property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.session)

    @cached_property
    def structure(self) -> Structure:
        return Structure(self.session)

    @cached_property
    def structure_building(self) -> StructureBuilding:
        return StructureBuilding(self.session)

    @cached_property
    def structure_changes(self) -> StructureChanges:
        return StructureChanges(self.session)

    @cached_property
    def webhooks(self) -> Webhooks:
        return Webhooks(self.session)

    @cached_property
    def webhook_deliveries(self) -> WebhookDeliveries:
        return WebhookDeliveries(self.session)
