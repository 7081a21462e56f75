"""Every error that automatosx_nb raises on purpose, in one hierarchy.

An error is a record: it carries the objects that it is about, and makes its text in ``__str__`` from two sentences,
``problem()`` (what happened) and ``next_step()`` (what to do now). Two families, by who has to act: :class:`UserError`
(whoever reads it) and :class:`PlatformError` (we, or whoever runs the machine). docs/errors.md lists them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.errors.access import *  # noqa: F403
    from automatosx_nb.errors.authoring import *  # noqa: F403
    from automatosx_nb.errors.capabilities import *  # noqa: F403
    from automatosx_nb.errors.deliveries import *  # noqa: F403
    from automatosx_nb.errors.designation import *  # noqa: F403
    from automatosx_nb.errors.events import *  # noqa: F403
    from automatosx_nb.errors.inputs import *  # noqa: F403
    from automatosx_nb.errors.lockfiles import *  # noqa: F403
    from automatosx_nb.errors.marketplace import *  # noqa: F403
    from automatosx_nb.errors.notebooks import *  # noqa: F403
    from automatosx_nb.errors.plugins import *  # noqa: F403
    from automatosx_nb.errors.profiles import *  # noqa: F403
    from automatosx_nb.errors.remote import *  # noqa: F403
    from automatosx_nb.errors.reviews import *  # noqa: F403
    from automatosx_nb.errors.root import *  # noqa: F403
    from automatosx_nb.errors.services import *  # noqa: F403
    from automatosx_nb.errors.serving import *  # noqa: F403
    from automatosx_nb.errors.signatures import *  # noqa: F403
    from automatosx_nb.errors.states import *  # noqa: F403
    from automatosx_nb.errors.stores import *  # noqa: F403
    from automatosx_nb.errors.uploads import *  # noqa: F403

_FILES = {
    "root": """
        AutomatosxError PlatformError UserError
    """,
    "access": """
        ActionForbidden InvalidAccessRequest LastAdmin LastOwner TokenRefused UnknownMember UnknownPublisher
        UnknownToken
    """,
    "authoring": """
        FolderInUse NoTests PytestMissing
    """,
    "capabilities": """
        CallsTooFast FileRefused HttpFailed HttpRefused InvalidSetting PermissionNotOptional SecretNotSet
        SecretsUnavailable SettingLocked TransferTooLarge UnknownSetting
    """,
    "deliveries": """
        DeliveriesDamaged UnknownDeadLetter
    """,
    "designation": """
        FieldRefused FileNotHandedOver FormExpired HandedBack InvalidSelection InvalidVariableName NoSecretStore
        NothingToKeep SelectionFailed UnknownSecret
    """,
    "events": """
        EventLoop EventNotDeclared InvalidEvent InvalidTopic KernelNeeded TopicNotYours
    """,
    "inputs": """
        ArtifactFault ArtifactMismatch InvalidArtifact InvalidConfiguration InvalidDuration InvalidIncrement
        InvalidManifest InvalidPermission InvalidPluginId InvalidRange InvalidVersion ManifestProblem NotAnArchive
        UnknownVariable UntransferableValue UsageError
    """,
    "lockfiles": """
        InvalidLockfile LockedReleaseGone LockfileConflict LockfileNotFound LockfileTooNew NotALockfile
        OutOfSync
    """,
    "marketplace": """
        DependencyCycle Incompatible InvalidPlanRequest InvalidSearch MagicTaken PlanTooHard PublishRefused
        RegistryBusy RegistryDamaged RegistryTooNew RegistryUnreachable ReleaseExists ResolutionConflict
        ResolutionUnsound UnknownPlugin UnknownRelease VersionTaken VersionUsed
    """,
    "notebooks": """
        InvalidNotebook NotebookMisfit NotebookNotFound NotebookUnlocked NotebookUnsaved NotebookUsesNothing
    """,
    "plugins": """
        CallInterrupted CapabilityFailed CapabilityUnavailable InvalidRequest LimitExceeded PermissionDenied
        PluginDisabled PluginFailed PluginFrame PluginPaused PluginRefused ProtocolViolation RestartRequired
        SandboxUnavailable SelfTestFailed UnknownHandler WorkerLost
    """,
    "profiles": """
        AuditDamaged ChangeStopped ConsentRequired DependantsBroken NotByItself NotForOneCall NotGranted
        NotInPlan NotInstalled NotPinned NothingToRollBack PermissionNotAsked PlanStale PolicyForbids
        ProfileBusy ProfileDamaged ProfileReadOnly ProjectOutOfStep PublisherChanged QuotaExceeded
        SpoolDamaged StateDamaged StillRequired StorageFailed StorageFull UnknownGeneration
    """,
    "remote": """
        ArtifactTooLarge MirrorDamaged MirrorExpired NotAMirror PublishingElsewhere RegistryAnswerInvalid
        RegistryRefused
    """,
    "reviews": """
        InvalidAct OwnRating OwnSubmission PluginQuarantined ReadingOnly ReviewRejected ReviewedElse UnknownAdvisory
        UnknownReport
    """,
    "services": """
        InvalidServiceReply InvalidServiceRequest NoKernel ServiceBusy ServiceCycle ServiceError ServiceFailed
        ServiceMissing ServiceNotInRange ServiceSuspended ServiceTimeout ServiceTooDeep UnknownService
    """,
    "serving": """
        RequestTooLarge SearchFailed ServerOverloaded TooManyRequests TooManyWaiting
    """,
    "signatures": """
        InvalidKeyFile InvalidSignature InvalidSignatureFile KeyExists KeyLocked KeyRefused SignatureRequired UnknownKey
    """,
    "states": """
        InvalidStateFile MigrationFailed NoSnapshot StateConflict StateDowngrade StateRestored StateTooNew
    """,
    "stores": """
        StoreUnreachable
    """,
    "uploads": """
        InvalidUpload TooManyUploads UnknownUpload UploadOffsetDiffers UploadTooLarge
    """,
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names.split()}
__all__ = sorted(_FILE_OF)


if not TYPE_CHECKING:  # for a type checker the names are there, and a wrong one is an error

    def __getattr__(name: str) -> Any:
        """A file of errors is loaded with the first of its errors: a kernel that only runs cells has use for few."""
        if name not in _FILE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)
        return found


def __dir__() -> list[str]:
    return [*globals(), *_FILE_OF]
