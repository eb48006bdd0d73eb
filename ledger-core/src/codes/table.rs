//! The rows: every code with its name, severity, answer, meaning and remedy.
//!
//! Governance codes carry the rule of seed 000 that they enforce, and where they come from. Invariant: a code is never renumbered or reused.

use super::{Exit, Row, Severity};

codes! {
    GatewayBypass = "GS_116" GATEWAY_BYPASS Blocking 403 No from "seed 001 §§2.2, 3"
        "A PAC without `gateway_checks`, with an empty `governance` list, from an unregistered requester, or whose `authority` is not the orchestrator; or work on a PAC whose gateway is CLOSED or BLOCKED."
        => "Issue the PAC with its gateway checks; have the orchestrator open the gateway (`ledger pac open`), or resolve what blocks it (`ledger pac resolve`).";
    SelfActivation = "GS_117" AGENT_SELF_ACTIVATION Blocking 403 No from "seed 001 §§2.1, 4"
        "An agent that holds a node acts without an activation in this PAC; or an activation names an unregistered GID, or is not by the orchestrator."
        => "Have the orchestrator activate the agent in this PAC (`ledger pac activate`).";
    IdentityDrift = "GS_118" IDENTITY_DRIFT Blocking 403 No from "seed 001 §§2.4, 5"
        "GID and name differ from the registry; a lane that the GID is not authorised for; or fields that declare an identity name different agents."
        => "Use the GID, name and lanes that `ledger agents` lists, the same throughout.";
    UnsolicitedExecution = "GS_119" UNSOLICITED_EXECUTION Blocking 403 No from "seed 001 §§2.3, 6"
        "Dispatch, execution or closure on an ADVISORY PAC, or on one without a recorded explicit request of a human or service."
        => "Issue an EXECUTABLE PAC, or have a human or service record the request (`ledger pac request`).";
    WrapAuthority = "GS_120" WRAP_AUTHORITY_VIOLATION Warning 403 No from "DOMAIN.md §4"
        "A WRAP by a human or a service."
        => "The orchestrator emits the WRAP (`ledger pac wrap`).";
    WrapByAgent = "GS_121" AGENT_WRAP_EMISSION_BLOCKED Warning 403 No from "DOMAIN.md §4"
        "A WRAP by an agent other than the orchestrator."
        => "The orchestrator emits the WRAP (`ledger pac wrap`).";
    DispatchNotFound = "GS_160" DISPATCH_NOT_FOUND Warning 403 No from "seed 000 §3 T3"
        "Start or BER with a token that is missing, spent or revoked."
        => "Give the token of the dispatch with --token or $LEDGER_TOKEN; if it is lost, the orchestrator reissues it (`ledger pac reissue`).";
    DispatchMismatch = "GS_161" DISPATCH_SESSION_MISMATCH Warning 403 No from "seed 000 §3 T3"
        "Start or BER with a token of another PAC, Sub-PAC, agent, session or ledger, or one that was narrowed to other work."
        => "Use the token that was given for exactly this work; `ledger token show` tells what a token is for.";
    DispatchExpired = "GS_162" DISPATCH_EXPIRED Warning 403 No from "seed 000 §3 T3"
        "Start or BER with a token past its expiry."
        => "Have the orchestrator reissue it (`ledger pac reissue`).";
    RejectionEvidence = "GS_193" REJECTION_MISSING_EVIDENCE Warning 422 No from "DOMAIN.md §4"
        "A rejection without a reason."
        => "Say why, so that the next attempt can do better.";
    SubPacLane = "GS_200" SUB_PAC_LANE_VIOLATION Blocking 403 No rule "GR-034" from "seed 000 §§5, 6"
        "The Sub-PAC's lane is none of the PAC's; the agent works in another lane than its Sub-PAC's; or the orchestrator does an agent's work."
        => "Use one of the PAC's lanes; let the assigned agent do its work.";
    SubPacScope = "GS_201" SUB_PAC_SCOPE_EXPANSION Blocking 403 No rule "GR-035" from "seed 000 §§5, 6"
        "The Sub-PAC's scope is not inside the PAC's; or a BER lists an action or path outside its Sub-PAC's scope."
        => "Stay inside the scope; a wider one needs a new PAC.";
    GraphCycle = "GS_202" MAEG_CYCLE_DETECTED Warning 422 No rule "GR-036" from "seed 000 §§5, 6"
        "The graph contains a cycle, a self-edge included; it was left as it was."
        => "Remove one of the edges of the cycle that the message names.";
    DispatchDependency = "GS_203" DISPATCH_DEPENDENCY_UNMET Warning 409 No rule "GR-037" from "seed 000 §§5, 6"
        "A dispatch before every predecessor is COMPLETE or WAIVED, without a Sub-PAC, or a second one of the same attempt."
        => "Wait for the predecessors that the message names; `ledger pac show` tells what is ready.";
    BerDependency = "GS_204" BER_DEPENDENCY_UNMET Warning 409 No rule "GR-038" from "seed 000 §§5, 6"
        "A BER before a predecessor's accepted BER; or a PDO without an accepted BER."
        => "Wait until the BER that the message names is accepted.";
    OrchIncomplete = "GS_205" PDO_ORCH_INCOMPLETE Warning 409 No rule "GR-039" from "seed 000 §§5, 6"
        "The composite lacks the PDO of an agent node that is not WAIVED."
        => "Finish, or waive, the nodes that the message names.";
    WrapPartial = "GS_206" WRAP_PARTIAL_EXECUTION Warning 409 No rule "GR-040" from "seed 000 §§5, 6; seed 002 §8"
        "A WRAP before the O-PDO is FINAL and every node COMPLETE or WAIVED."
        => "Finish what `ledger pac show` lists as open.";
    SideChannel = "GS_207" AGENT_SIDE_CHANNEL Critical 403 No rule "GR-041" from "seed 000 §§5, 6"
        "A message that neither a DATA_FLOW edge nor a declared channel carries; an input of a BER that came by none of these; or one output path of two unordered nodes."
        => "Declare the edge or the channel before work begins, and pass data by it.";
    ReviewNoQuestion = "GS_301" CHALLENGE_GENERATION_FAILED Warning 422 No from "seed 002 §9.1"
        "The sealed content yields no question."
        => "Have the agents report tasks, outputs and scores that a reader can be asked about.";
    ReviewIncorrect = "GS_310" RESPONSE_INCORRECT Warning 422 No from "seed 002 §9.1"
        "The answer to a challenge is wrong; the challenge is used up."
        => "Read the packet again (`ledger review open`) and draw another challenge.";
    ReviewReplay = "GS_312" RESPONSE_REPLAY_DETECTED Warning 409 No from "seed 002 §9.1"
        "The challenge was answered, missed or replaced before; each is good once."
        => "Draw another challenge (`ledger review challenge`).";
    ReviewUnreadable = "GS_313" RESPONSE_UNREADABLE Warning 422 No from "seed 002 §9.1"
        "The answer to a challenge is not of its form; the challenge is used up."
        => "Draw another challenge, and answer in the form that it asks for.";
    ReviewExpired = "GS_314" CHALLENGE_EXPIRED Warning 409 No from "seed 002 §9.1"
        "The answer came more than 300 s after the challenge; or the verdict more than an hour after the answer."
        => "Draw another challenge (`ledger review challenge`).";
    ReviewTooEarly = "GS_315" MINIMUM_LATENCY_NOT_MET Warning 422 No from "seed 002 §9.1"
        "The answer came sooner than anyone can have read; the challenge is used up."
        => "Read the packet, then draw another challenge; at least 5 s must pass before it is answered.";
    ReviewBinding = "GS_320" PROOF_BINDING_FAILED Warning 409 No from "seed 002 §9.1"
        "The challenge or verdict is of another O-PDO, root, packet or reviewer."
        => "Review what is sealed now: begin with `ledger review open`.";
    ReviewNoChallenge = "GS_330" APPROVAL_WITHOUT_CHALLENGE Warning 403 No from "seed 002 §9.1"
        "A verdict without an answered challenge."
        => "Draw a challenge and answer it first.";
    ReviewUnfinished = "GS_331" APPROVAL_CHALLENGE_UNFINISHED Warning 409 No from "seed 002 §9.1"
        "A verdict while the challenge is still unanswered."
        => "Answer the challenge first.";
    ReviewUnauthorized = "GS_332" APPROVAL_UNAUTHORIZED Warning 403 No from "seed 002 §9.1"
        "The reviewer is no registered human, took part in this PAC, or is locked out of it after three failed challenges."
        => "Let another human review; an admin may unlock with a reason (`ledger review unlock`).";
    OpdoEmpty = "GS_400" EMPTY_CHILD_LIST Warning 422 No from "seed 002 §5.1"
        "An O-PDO without a child PDO."
        => "Name at least one child.";
    OpdoChild = "GS_401" INVALID_CHILD_PDO Warning 422 No from "seed 002 §5.1"
        "A child PDO is not of its form: shape, `PDO-` prefix, quality from 0 to 1, at least one task; or its id occurs twice."
        => "Mend the child that the message names.";
    OpdoNotValidated = "GS_402" CHILD_PDO_NOT_VALIDATED Warning 422 No from "seed 002 §5.1"
        "A child PDO's status is not VALIDATED."
        => "Have its BER accepted first.";
    OpdoNoBer = "GS_403" MISSING_AGENT_BER Warning 422 No from "seed 002 §5.1"
        "A child PDO is not bound to a BER (`BER-...`)."
        => "Bind it to the BER that was accepted.";
    OpdoAgentTwice = "GS_404" DUPLICATE_AGENT Warning 422 No from "seed 002 §5.1; DOMAIN.md §4"
        "The same agent occurs twice among the children, or holds two nodes of a graph."
        => "One node, one agent: repeated turns are messages inside it.";
    OpdoCycle = "GS_410" CYCLE_DETECTED Warning 422 No from "seed 002 §5.2"
        "The dependencies of the children contain a cycle."
        => "Remove one of the dependencies that the message names.";
    OpdoDependency = "GS_411" MISSING_DEPENDENCY Warning 422 No from "seed 002 §5.2"
        "A child depends on a PDO that is not among the children."
        => "Add it, or remove the dependency.";
    OpdoOrphan = "GS_412" ORPHAN_PDO Warning 422 No from "seed 002 §5.2"
        "A child PDO belongs to no node of the PAC's graph."
        => "Leave it out; only what the graph's nodes yielded belongs to the composite.";
    ProofFailed = "GS_420" PROOF_GENERATION_FAILED Warning 422 No from "seed 002 §5.3"
        "No composite proof can be made: an unknown profile, or a nonce that is none."
        => "Use profile `rfc6962` or `p69`, and a nonce of 32 hex digits.";
    ProofRoot = "GS_421" MERKLE_ROOT_MISMATCH Critical 422 No from "seed 002 §5.3"
        "The root recomputed from the children differs from the one that was sealed."
        => "A child was changed after sealing: get the document from the ledger again.";
    ProofCollision = "GS_422" HASH_COLLISION Critical 422 No from "seed 002 §5.3"
        "Two leaves of the composite are equal."
        => "Remove the child that is there twice.";
    ProofDiffers = "GS_423" NON_DETERMINISTIC_HASH Critical 422 No from "seed 002 §5.3"
        "Two computations differ: the recorded leaves do not give the recorded root or height, or are not in order."
        => "The proof was not made by one computation: seal again.";
    OpdoTransition = "GS_430" INVALID_STATE_TRANSITION Warning 409 No from "seed 002 §5.4"
        "The O-PDO cannot go from its state to the one asked for."
        => "DRAFT is sealed, SEALED is finalized; FINAL and VOID stay.";
    OpdoFinal = "GS_431" ALREADY_FINALIZED Warning 409 No from "seed 002 §5.4"
        "Any change of a FINAL O-PDO, a second finalize included."
        => "Finality is irreversible; further work needs a new PAC.";
    OpdoPremature = "GS_432" PREMATURE_FINALITY Warning 409 No from "seed 002 §5.4"
        "Finality without a verified proof."
        => "Seal it, and verify the proof.";
    OpdoNotSealed = "GS_433" SEAL_REQUIRED Warning 409 No from "seed 002 §5.4"
        "Finalize of a DRAFT."
        => "Seal it first (`ledger pac seal`, `ledger opdo seal`).";
    OpdoNoReview = "GS_434" HUMAN_REVIEW_REQUIRED Warning 409 No from "seed 002 §5.4"
        "No completed genuine review, or one of another O-PDO or another root."
        => "Have a human review what is sealed (`ledger review`), and name their `BER-HUMAN-...`.";
    OpdoOrchestrator = "GS_440" MISSING_ORCHESTRATOR Warning 422 No from "seed 002 §5.5"
        "The O-PDO is not bound to the orchestrator."
        => "Name the orchestrator (GID-00 outside a ledger).";
    OpdoPacRef = "GS_441" INVALID_PAC_REF Warning 422 No from "seed 002 §5.5"
        "The PAC that the O-PDO names is none: `PAC-` and more is expected."
        => "Name the PAC that the children belong to.";
    OpdoDrift = "GS_442" TIMESTAMP_DRIFT Warning 422 No from "seed 002 §5.5"
        "Created, sealed, reviewed and finalized run backwards."
        => "Mend the clock that dated them.";
    OpdoIntegrity = "GS_443" INTEGRITY_FAILED Critical 422 No from "seed 002 §5.5"
        "A check of integrity failed: what the document says of itself does not hold together."
        => "Do not rely on the document; get it from the ledger again.";
    MalformedJson = "LG_100" MALFORMED_JSON Warning 400 Failed
        "The input is not one strict JSON document: syntax, encoding, duplicate member, lone surrogate, nesting over 128 levels (127 in a part of an entry), or a number that a double cannot hold exactly."
        => "Mend the JSON at the place named; write large integers as strings.";
    InvalidIntent = "LG_101" INVALID_INTENT Warning 422 Failed
        "The JSON is well-formed, but a member is missing, unknown or of the wrong form."
        => "Compare with the example in `ledger append --help` and try again.";
    UnknownKind = "LG_102" UNKNOWN_KIND Warning 422 Failed
        "There is no intent of this kind."
        => "Choose a kind that `ledger append --help` lists.";
    TooLarge = "LG_103" TOO_LARGE Warning 413 Failed
        "A part exceeds its bound: 1 MiB of data, 65,535 bytes of leaf, 16 MiB of batch, 256 characters of stream."
        => "Store the large thing elsewhere and record its digest with `record_artifact`; split the batch.";
    InvalidName = "LG_104" INVALID_NAME Warning 422 Failed
        "A GID, stream, key, event type, lane or origin is not of its form (docs/format.md §1)."
        => "Use the characters that the message lists; no `..`, no control characters.";
    InputUnreadable = "LG_105" INPUT_UNREADABLE Warning 400 Failed
        "A file that was named cannot be read: missing, empty, a directory, not permitted."
        => "Check the path and its permissions.";
    Usage = "LG_106" WRONG_USAGE Warning 400 Usage
        "The command line is not understood."
        => "See `ledger --help`.";
    OutputFailed = "LG_107" OUTPUT_FAILED Warning 500 Failed
        "The result could not be written."
        => "Check where the output goes, and run the command again.";
    IdConflict = "LG_110" ID_CONFLICT Warning 409 Failed
        "The id is taken by an entry with other content."
        => "Use another key, or send exactly the same content to get the first receipt again.";
    HeadConflict = "LG_111" HEAD_CONFLICT Warning 409 Failed
        "The log is not at the expected position: someone else appended."
        => "Read what is new, decide again, and retry with the position that the message names.";
    ImportConflict = "LG_112" HISTORY_CHANGED Critical 409 No
        "An entry that was imported before is different in this file."
        => "Find out who changed the history; if it is another history, import it under its own name with --name.";
    ActorUnknown = "LG_120" ACTOR_UNKNOWN Warning 403 Failed
        "The actor is not registered, or was retired."
        => "Register it (`ledger agents register`), or act as one that `ledger agents` lists.";
    ActorUnclear = "LG_121" ACTOR_UNCLEAR Warning 400 Failed
        "No actor was named, and the ledger has more than one human."
        => "Name one with --actor GID or in $LEDGER_ACTOR.";
    SignatureRequired = "LG_122" SIGNATURE_REQUIRED Warning 403 Failed
        "This kind of intent must be signed by the actor's own key."
        => "Sign with --key FILE, or put the key file into the ledger's keys directory as GID.key.";
    SignatureInvalid = "LG_123" SIGNATURE_INVALID Critical 403 Failed
        "The signature does not verify for this intent in this log, or its key is not the actor's."
        => "Sign again with a registered key of the actor; a signature is good for one id in one log only.";
    KeyUnusable = "LG_124" KEY_UNUSABLE Critical 422 Failed
        "A public key is no canonical Ed25519 point, or one of small order."
        => "Make a new key with `ledger key new`.";
    NotAuthorized = "LG_125" NOT_AUTHORIZED Blocking 403 No
        "The actor may not do this: DOMAIN.md §2 says who may."
        => "Ask an admin or, for agents and services, the orchestrator.";
    KeyFileMode = "LG_126" KEY_FILE_MODE Critical 500 Failed
        "A secret key file may be read by others."
        => "chmod 600 the file; if others had access, register a new key.";
    KeyFileUnreadable = "LG_127" KEY_FILE_UNREADABLE Warning 500 Failed
        "A secret key file is missing, unreadable or not of its form."
        => "Restore it from your backup, name another with --key, or have an admin register a new one.";
    ClockBackwards = "LG_130" CLOCK_BACKWARDS Blocking 503 Failed
        "The clock is more than 5 s behind the last entry."
        => "Set the clock right; if the log's last time is the wrong one, an admin appends `correct_clock`.";
    ClockStep = "LG_131" CLOCK_STEP Blocking 503 Failed
        "The clock moved more than 5 s against the monotonic clock since the last commit on this machine."
        => "Set the clock right; if it is right now, an admin appends `correct_clock`.";
    AlreadyRegistered = "LG_140" ALREADY_REGISTERED Warning 409 No
        "The GID or key is in the registry already."
        => "Choose another GID, or change the existing one.";
    NotRegistered = "LG_141" NOT_REGISTERED Warning 404 No
        "The GID or key that the intent is about is not in the registry."
        => "See `ledger agents` and `ledger key list`.";
    Retired = "LG_142" RETIRED Warning 409 No
        "The GID or key that the intent is about was retired; that is final."
        => "Register a new one.";
    LastAdmin = "LG_143" LAST_KEY_OF_ADMIN Blocking 409 No
        "This would leave the ledger without any admin who can sign."
        => "Register another admin or another key first.";
    EnrolmentRefused = "LG_144" ENROLMENT_REFUSED Warning 403 No
        "The code is not one that is offered to this human, or was used, withdrawn, or has expired; or too many offers to them are open."
        => "Check the code; ask an admin for a new one (`ledger key offer`).";
    PacUnknown = "LG_150" PAC_UNKNOWN Warning 404 Failed
        "There is no PAC of this id."
        => "See `ledger pac list`.";
    PacExists = "LG_151" PAC_EXISTS Warning 409 Failed
        "A PAC of this id was issued before."
        => "Choose another id.";
    PacClosed = "LG_152" PAC_CLOSED Warning 409 No
        "The PAC was abandoned; nothing can be added to it."
        => "Issue a new PAC.";
    PacWrapped = "LG_153" WRAP_EXISTS Warning 409 No
        "The WRAP of this PAC was emitted; there is one, and nothing after it."
        => "Issue a new PAC for further work.";
    NotInPac = "LG_154" NOT_IN_PAC Warning 404 Failed
        "The PAC has no node, Sub-PAC, BER, PDO, channel, O-PDO or violation of this name."
        => "See `ledger pac show` for what it has.";
    TakenInPac = "LG_155" TAKEN_IN_PAC Warning 409 No
        "The PAC has one of this name, or for this node, already."
        => "See `ledger pac show` for what it has.";
    WrongState = "LG_156" WRONG_STATE Warning 409 No
        "It is not in a state for this: someone else was faster, or something is still to be done first."
        => "See `ledger pac show` for the states, and decide again.";
    BerBlocked = "LG_157" BER_NOT_ACCEPTABLE Warning 409 No
        "The BER reports a blocking violation, or a failure, and cannot be accepted."
        => "Reject it with the reason, and retry the Sub-PAC.";
    GraphInvalid = "LG_158" GRAPH_INVALID Warning 422 Failed
        "The graph is not of its form: a node twice, an edge to no node, an agent node without agent, a minimum that cannot be met."
        => "Mend the node or edge that the message names.";
    NotWaivable = "LG_159" NOT_WAIVABLE Warning 409 No
        "The node was not declared optional, or fewer than the declared minimum would complete."
        => "Finish the node, or abandon the PAC.";
    TokenInvalid = "LG_160" TOKEN_FORGED Critical 403 No
        "The token is none that this ledger signed, or not readable as one."
        => "Give the token as `ledger pac dispatch` printed it.";
    AuthorityUnknown = "LG_170" AUTHORITY_UNKNOWN Warning 403 No from "DOMAIN.md §9"
        "Trust is established by someone who is no authority, or is one no more."
        => "An admin declares an authority with `ledger trust authority declare GID`; `ledger trust authority list` tells who is one.";
    AuthorityLacks = "LG_171" AUTHORITY_LACKS_PERMISSION Warning 403 No from "DOMAIN.md §9"
        "The authority was not given the permission for this."
        => "Have an admin declare it with the permission, or act by another authority.";
    GrantUnknown = "LG_172" GRANT_UNKNOWN Warning 404 Failed
        "There is no grant of this id, or the agent holds none."
        => "See `ledger trust status` for who holds what.";
    GrantExists = "LG_173" GRANT_EXISTS Warning 409 Failed
        "There is a grant, or an anchor, of this id already."
        => "Choose another id, or leave it away to be given one.";
    GrantEnded = "LG_174" GRANT_ENDED Warning 403 No from "DOMAIN.md §9"
        "The grant, or one that it rests on, was revoked or suspended or has expired; or someone in its chain was retired or is an authority no more."
        => "`ledger trust show GRANT` tells which and since when; ask whoever gave it for a new one.";
    NotHolder = "LG_175" NOT_GRANT_HOLDER Warning 403 No from "DOMAIN.md §9"
        "A grant is passed on, used or ended by someone who neither holds it nor stands above it in its chain."
        => "Act as its holder, as whoever gave it, or as the authority at its root.";
    CapabilityNotHeld = "LG_176" CAPABILITY_NOT_HELD Warning 403 No from "DOMAIN.md §9"
        "The grant does not hold the capability that is passed on or used."
        => "Ask for a grant that holds it; `ledger agents find --capability C` tells who has one.";
    ConstraintWidened = "LG_177" CONSTRAINT_WIDENED Warning 403 No from "DOMAIN.md §9"
        "A constraint of the new grant allows more than the grant that it rests on."
        => "Tighten the constraint that the message names, or leave it away to inherit it.";
    DelegationDepth = "LG_178" DELEGATION_DEPTH_EXCEEDED Warning 403 No from "DOMAIN.md §9"
        "The chain would be deeper than ten, or than a constraint allows; or the depth that was signed is not one more than the parent's."
        => "Have someone nearer to the root pass the capability on.";
    ExpiryBeyond = "LG_179" EXPIRY_BEYOND_ANCESTOR Warning 403 No from "DOMAIN.md §9"
        "A grant would outlive one that it rests on, or ends before it begins."
        => "Give an earlier expiry, or leave it away to inherit it.";
    DelegationCycle = "LG_180" DELEGATION_CYCLE Warning 403 No from "DOMAIN.md §9"
        "A grant to oneself, or to someone who stands above in the chain."
        => "Pass the capability on to someone else.";
    EmptyGrant = "LG_181" EMPTY_GRANT Warning 422 No from "DOMAIN.md §9"
        "A grant without any capability."
        => "Name at least one capability that the parent grant holds.";
    PostureTooLow = "LG_182" POSTURE_TOO_LOW Warning 403 No from "DOMAIN.md §9"
        "The posture of the agent, or of one that it rests on, does not allow this."
        => "A human raises a posture with `ledger trust posture GID POSTURE --reason TEXT`, or someone else acts.";
    ConstraintViolated = "LG_183" CONSTRAINT_VIOLATED Warning 403 No from "DOMAIN.md §9"
        "A constraint of the grant, or of one that it rests on, does not allow this action."
        => "Stay inside the constraint that the message names; `ledger trust show GRANT` lists all that hold.";
    AnchorMistyped = "LG_184" ANCHOR_MISTYPED Warning 422 No from "DOMAIN.md §9"
        "An audit anchor whose parent is no anchor of the same work, whose grant is no grant of its agent, or whose use is none of that grant."
        => "Name an anchor as the parent, and the grant and its use by which the agent acted.";
    PostureRaise = "LG_185" POSTURE_RAISED_WITHOUT_HUMAN Warning 403 No from "DOMAIN.md §9"
        "Only a human raises a posture, by their own signature."
        => "Have an admin, or a human who is an authority, sign the change.";
    GrantToken = "LG_186" GRANT_TOKEN_REFUSED Warning 403 No from "DOMAIN.md §9"
        "A use by token without one, or with one of another grant, that was revoked, has expired, or was narrowed to something else."
        => "Give the token as it was given to you (--token); `ledger token show` tells what it is for.";
    PlanInvalid = "LG_190" PLAN_INVALID Warning 422 No
        "A plan that is not of its form, or with which the check finds something wrong."
        => "`ledger plan check` tells everything that is wrong with it.";
    NotALedger = "LG_200" NOT_A_LEDGER Warning 404 Failed
        "The directory holds no ledger."
        => "Make one with `ledger init`, or name the right one with --data or $LEDGER_DATA.";
    AlreadyALedger = "LG_201" ALREADY_A_LEDGER Warning 409 Failed
        "The directory holds a ledger, or other files, already."
        => "Use it as it is, or choose another directory with --data.";
    NewerFormat = "LG_202" NEWER_FORMAT Blocking 500 Failed
        "The ledger was written in a newer format than this program knows."
        => "Use a newer `ledger`; nothing was changed.";
    Damaged = "LG_203" DAMAGED Critical 500 Failed
        "Stored bytes are not what was written; nothing is repaired silently."
        => "Run `ledger verify` for every finding, then restore the ledger from a copy.";
    Busy = "LG_204" BUSY Warning 503 Failed
        "Another process is writing, or the queue is full."
        => "Try again in a moment.";
    BehindGuard = "LG_205" LOG_BEHIND_GUARD Critical 409 Failed
        "This machine has signed a longer or a different history of this log than the directory holds: an old copy was restored, or the log was rewritten."
        => "Bring back the newer copy; the guard file that the message names holds the last checkpoint.";
    WriteFailed = "LG_206" WRITE_FAILED Critical 503 Failed
        "A write or sync failed; whether the entries are stored is known only after the next open."
        => "Free space or mend the disk, run the command again with the same --id, and compare with `ledger log`.";
    ReadOnly = "LG_207" READ_ONLY Warning 403 Failed
        "The ledger cannot be written to: read-only directory or file system, or no permission."
        => "Check the permissions; reading, proving and verifying work without them.";
    ReadFailed = "LG_208" READ_FAILED Critical 500 Failed
        "Stored bytes could not be read."
        => "Check the disk and the permissions.";
    NoSuchEntry = "LG_209" NO_SUCH_ENTRY Warning 404 Failed
        "The log has no such entry or stream."
        => "See `ledger status` for the size and `ledger log` for what there is.";
    Stopped = "LG_210" WRITER_STOPPED Critical 503 Failed
        "An earlier write failed, and the writer has stopped so that nothing false is said."
        => "Open the ledger again; what is stored is checked then.";
    WrongLogKey = "LG_211" WRONG_LOG_KEY Critical 500 Failed
        "keys/log.key is not the key that this log's checkpoints are signed with."
        => "Put the right key file back.";
    FindShape = "LG_300" ENTRY_MALFORMED Critical 500 No
        "An entry's leaf, data or private part is not of its form."
        => "The entry was not written by an honest ledger, or was damaged; compare with another copy.";
    FindSequence = "LG_301" SEQUENCE_BROKEN Critical 500 No
        "An entry does not stand at the position that its leaf says: one is missing, added or exchanged."
        => "Compare with another copy of the log.";
    FindChain = "LG_302" CHAIN_BROKEN Critical 500 No
        "An entry's prevhash is not the hash of the entry before it."
        => "The entry before it, or this one, was changed; compare with another copy.";
    FindTime = "LG_303" TIME_BACKWARDS Critical 500 No
        "An entry's time is before the entry in front of it, without a clock correction."
        => "Compare with another copy of the log.";
    FindData = "LG_304" DATA_ALTERED Critical 500 No
        "The data is not what the leaf commits to."
        => "Restore the data from another copy; the leaf proves which one is right.";
    FindPrivate = "LG_305" PRIVATE_ALTERED Critical 500 No
        "The private part is not what the leaf commits to, or is missing without an order of erasure."
        => "Restore it from another copy.";
    FindSignature = "LG_306" SIGNATURE_FORGED Critical 500 No
        "An entry's signature does not verify with a key of its actor that was registered there, or a required one is absent."
        => "Treat the entry as not authorised.";
    FindStream = "LG_307" STREAM_BROKEN Critical 500 No
        "An entry's position in its stream is not the next one."
        => "Compare with another copy of the log.";
    FindRule = "LG_308" RULE_BROKEN Critical 500 No
        "The history contains a step that no honest ledger would have taken."
        => "See the message for the rule; everything after it in the stream is doubtful.";
    FindCheckpoint = "LG_309" CHECKPOINT_MISMATCH Critical 500 No
        "The entries do not hash to the root of a checkpoint that was signed or remembered: history was rewritten."
        => "Trust the checkpoint; find the copy that matches it.";
    FindCheckpointSignature = "LG_310" CHECKPOINT_FORGED Critical 500 No
        "A checkpoint's signature, origin or form is wrong."
        => "Get a checkpoint from the log's operator or from someone who remembered one.";
    FindMissing = "LG_311" ENTRIES_MISSING Critical 500 No
        "The log is shorter than a checkpoint, its head or its guard says, or a segment is missing."
        => "Restore the missing part from another copy.";
    FindCommit = "LG_312" COMMIT_DAMAGED Critical 500 No
        "A commit in the journal fails its checksum or is not of its form."
        => "Restore the segment from another copy; entries behind it are still checked.";
    FindLogId = "LG_313" FOREIGN_ENTRY Critical 500 No
        "An entry names another log, or the genesis entry is not one."
        => "The entry was brought here from elsewhere.";
    FindUnknown = "LG_314" NOT_UNDERSTOOD Warning 200 No
        "An entry's type or version is unknown here; its bytes were verified, its meaning was not."
        => "Verify with a newer `ledger`.";
    OldLink = "LG_400" LINK_BROKEN Critical 200 No
        "An imported entry does not name the hash of the one before it."
        => "The history was edited or reordered before it came here.";
    OldDuplicate = "LG_401" SEQUENCE_DUPLICATE Blocking 200 No
        "Two imported entries have the same sequence number."
        => "Ask the owner of the history which one is right.";
    OldMissing = "LG_402" SEQUENCE_MISSING Blocking 200 No
        "An imported entry's sequence number does not follow the one before it, or is unreadable."
        => "Ask the owner of the history for the missing entries.";
    OldTime = "LG_403" TIMESTAMP_BACKWARDS Blocking 200 No
        "An imported entry is dated before the one in front of it, or its date is unreadable."
        => "Treat the order of these entries as doubtful.";
    OldState = "LG_404" STATE_MISMATCH Blocking 200 No
        "What the imported file declares of itself does not match its entries."
        => "Trust the entries; entries behind the declared end were added outside the file's own process.";
    OldHash = "LG_405" HASH_MISMATCH Critical 200 No
        "An imported entry's hash is not that of its content, or is no hash at all."
        => "The entry was changed after it was hashed.";
    OldShorter = "LG_406" HISTORY_SHORTER Critical 200 No
        "The file holds fewer entries than were imported before."
        => "An older version of the file, or entries were removed from it.";
    ProofInvalid = "LG_500" PROOF_INVALID Critical 422 No
        "The proof does not connect the entry to the signed root."
        => "Get a new proof from the log; if that fails too, the log lied or the entry is not in it.";
    ProofMalformed = "LG_501" PROOF_MALFORMED Warning 422 Failed
        "The file is no proof of a known form."
        => "Give a file that `ledger prove` wrote, whole.";
    CannotListen = "LG_600" CANNOT_LISTEN Warning 500 Failed
        "`serve` cannot listen where it was told to."
        => "Stop the server that listens there, or name another place with --socket.";
    NoSuchRoute = "LG_601" NO_SUCH_ROUTE Warning 404 Failed
        "A request to a path that the server does not have."
        => "See the routes in docs/api.md.";
    WrongMethod = "LG_602" METHOD_NOT_ALLOWED Warning 405 Failed
        "A request to a path that the server has, with a method that it does not take."
        => "See the header `Allow` for the methods that it takes.";
    TimedOut = "LG_603" TIMED_OUT Warning 408 Failed
        "A request that was not answered in its time, because its body did not arrive or the ledger was busy."
        => "Ask again; with an id of its own, what is appended is never appended twice.";
    Unauthenticated = "LG_610" UNAUTHENTICATED Warning 401 Failed
        "A request over the network without a token that this ledger gave."
        => "Send `Authorization: Bearer TOKEN`; an admin makes one with `ledger token new GID`.";
    AccessEnded = "LG_611" ACCESS_ENDED Warning 401 Failed
        "The token, or one that it was narrowed from, was revoked or has expired."
        => "Ask an admin for a new one (`ledger token new GID`); `ledger token list` tells which are good.";
    AccessDenied = "LG_612" ACCESS_DENIED Warning 403 Failed
        "The token is good, and not for this: its role, its holder or what it was narrowed to does not permit it."
        => "Act as the holder of the token, or use one with the role for it; `ledger token show` tells what it is for.";
    HostRefused = "LG_613" HOST_REFUSED Warning 421 Failed
        "The request names a host that this server does not answer for: it may come from a page that was made to look local."
        => "Use the address that `ledger serve` printed, or name the host with `ledger serve --host NAME`.";
    OriginRefused = "LG_614" ORIGIN_REFUSED Warning 403 Failed
        "A page of another origin made the request."
        => "Use the pages that the server itself gives; other programs send no `Origin`.";
    RateLimited = "LG_615" RATE_LIMITED Warning 429 Failed
        "More requests with this token, or refused ones from this address, than the server takes in a second."
        => "Wait as long as `Retry-After` says; put what belongs together into a batch.";
    CodeSpent = "LG_616" CODE_SPENT Warning 401 Failed
        "The code of the link is unknown, was used already, or is too old."
        => "Ask for a new link: `ledger token new GID --url`.";
    Cancelled = "LG_620" CANCELLED Warning 409 Failed
        "Work that was ended before its end, because somebody said so."
        => "Start it again.";
    NoSuchJob = "LG_621" NO_SUCH_JOB Warning 404 Failed
        "A verification that the server does not know: it was ended, or is older than the last that are kept."
        => "Start a new one, or see which there are with GET /v1/verifications.";
}
