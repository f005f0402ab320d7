// A PKCS#11 module for tests: SoftHSM2 with faults on order.
//
// The file named by INKAN_FAULT_PLAN is read again at each call. Each line orders one fault:
//
//     FUNCTION  FIRST  COUNT  ACTION  [NUMBER]
//
// From the FIRST call of the function on, COUNT calls (0: all) are faulty. Calls are counted from the moment that this
// process sees the plan's present content. "once" before FUNCTION makes a line work in one process only: the first that
// comes to it makes the file PLAN.used.LINE. Actions:
//
//     return NUMBER   answer this CKR without asking the token
//     after NUMBER    ask the token, then answer this CKR
//     slow NUMBER     take so many milliseconds longer (C_Sign)
//     hang            never come back; the file PLAN.hung says that it has begun
//     abort           end the process as a crash does
//     flip            flip a bit of the signature (C_Sign) or of the wrapped key (C_WrapKey)
//     swap            hand out the objects of a search in another order, one place on (C_FindObjects)
//     flags NUMBER    set these bits in the token's flags (C_GetTokenInfo)
//     public          say that nobody is logged in (C_GetSessionInfo)
//     serial          blank out the serial number (C_GetTokenInfo)
//     twin            give every initialised token the serial number 7777777777777777 (C_GetTokenInfo)
//     reverse         list the slots backwards (C_GetSlotList)
//     empty           list no slot (C_GetSlotList)
//     attribute TYPE  invert the boolean attribute of this number (C_GetAttributeValue)
//     hide TYPE       say that no object has the attribute of this number (C_GetAttributeValue)
//
// INKAN_FAULT_ACTS names a file: C_Initialize then tries what a module must not do (Tests/ForbiddenActs) and writes into
// it what came of that. INKAN_FAULT_FOREIGN names the foreign file, its folder, and a foreign process, with blanks between.
//
// Each call of C_Login writes a line to the file named by INKAN_FAULT_LOGINS.

#define _GNU_SOURCE
#include "fault_module.h"

#include <dlfcn.h>
#include <forbidden_acts.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES = 32, FUNCTIONS = 32 };

struct order {
    char function[40];
    long first;
    long count;
    char action[16];
    unsigned long number;
    int once;
    int line;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char content[4096];
static struct order orders[LINES];
static int order_count;
static struct {
    char function[40];
    long calls;
} counters[FUNCTIONS];

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST faulty;

static void read_plan(const char *path) {
    char fresh[sizeof content] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t got = read(file, fresh, sizeof fresh - 1);
        if (got < 0) fresh[0] = 0;
        close(file);
    }
    if (strcmp(fresh, content) == 0) return;
    strcpy(content, fresh);
    memset(counters, 0, sizeof counters);
    order_count = 0;
    int line = 0;
    char *rest = fresh;
    for (char *text = strsep(&rest, "\n"); text && order_count < LINES; text = strsep(&rest, "\n"), line++) {
        struct order order = {.line = line};
        if (strncmp(text, "once ", 5) == 0) {
            order.once = 1;
            text += 5;
        }
        int fields = sscanf(text, "%39s %ld %ld %15s %li", order.function, &order.first, &order.count, order.action,
                            (long *)&order.number);
        if (fields >= 4) orders[order_count++] = order;
    }
}

static long count_call(const char *function) {
    for (int i = 0; i < FUNCTIONS; i++) {
        if (counters[i].function[0] == 0) strncpy(counters[i].function, function, sizeof counters[i].function - 1);
        if (strcmp(counters[i].function, function) == 0) return ++counters[i].calls;
    }
    return 0;
}

static int may_use(const char *path, const struct order *order) {
    if (!order->once) return 1;
    char used[512];
    snprintf(used, sizeof used, "%s.used.%d", path, order->line);
    int file = open(used, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return 0;
    close(file);
    return 1;
}

// The order for this call, if there is one; its action is "" otherwise. Hanging and crashing happen here.
static struct order next_order(const char *function) {
    struct order none = {.action = ""};
    const char *path = getenv("INKAN_FAULT_PLAN");
    if (!path) return none;
    pthread_mutex_lock(&lock);
    read_plan(path);
    long call = count_call(function);
    for (int i = 0; i < order_count; i++) {
        const struct order *order = &orders[i];
        if (strcmp(order->function, function) != 0 || call < order->first) continue;
        if (order->count != 0 && call >= order->first + order->count) continue;
        if (!may_use(path, order)) continue;
        none = *order;
        break;
    }
    pthread_mutex_unlock(&lock);
    if (strcmp(none.action, "hang") == 0) {
        char hung[512];
        snprintf(hung, sizeof hung, "%s.hung", path);
        int file = open(hung, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (file >= 0) close(file);
        for (;;) pause();
    }
    if (strcmp(none.action, "abort") == 0) abort();
    return none;
}

static int is(const struct order *order, const char *action) { return strcmp(order->action, action) == 0; }

// Asks the order of this call first; the call itself stands in the second argument.
#define FORWARD(NAME, CALL)                                 \
    struct order order = next_order(#NAME);                 \
    if (is(&order, "return")) return (CK_RV)order.number;   \
    CK_RV answer = CALL;                                    \
    if (is(&order, "after")) return (CK_RV)order.number;

static void try_forbidden_acts(void) {
    const char *report = getenv("INKAN_FAULT_ACTS");
    const char *foreign = getenv("INKAN_FAULT_FOREIGN");
    char file[512], folder[512];
    int victim;
    if (!report || !foreign || sscanf(foreign, "%511s %511s %d", file, folder, &victim) != 3) return;
    int opened = open(report, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    // Once is enough.
    if (opened < 0) return;
    inkan_try_forbidden_acts(opened, file, folder, victim);
    close(opened);
}

static CK_RV initialize(void *arguments) {
    try_forbidden_acts();
    FORWARD(C_Initialize, real->C_Initialize(arguments))
    return answer;
}

static CK_RV finalize(void *reserved) {
    FORWARD(C_Finalize, real->C_Finalize(reserved))
    return answer;
}

static CK_RV get_slot_list(unsigned char present, CK_SLOT_ID *slots, CK_ULONG *count) {
    FORWARD(C_GetSlotList, real->C_GetSlotList(present, slots, count))
    if (is(&order, "empty")) *count = 0;
    if (is(&order, "reverse") && answer == CKR_OK && slots) {
        for (CK_ULONG i = 0; i < *count / 2; i++) {
            CK_SLOT_ID other = slots[i];
            slots[i] = slots[*count - 1 - i];
            slots[*count - 1 - i] = other;
        }
    }
    return answer;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    FORWARD(C_GetTokenInfo, real->C_GetTokenInfo(slot, info))
    if (is(&order, "flags")) info->flags |= order.number;
    if (is(&order, "twin") && info->flags & CKF_TOKEN_INITIALIZED) memset(info->serialNumber, '7', 16);
    if (is(&order, "serial")) memset(info->serialNumber, ' ', sizeof info->serialNumber);
    return answer;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session) {
    FORWARD(C_OpenSession, real->C_OpenSession(slot, flags, application, notify, session))
    return answer;
}

static CK_RV close_session(CK_SESSION_HANDLE session) {
    FORWARD(C_CloseSession, real->C_CloseSession(session))
    return answer;
}

static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info) {
    FORWARD(C_GetSessionInfo, real->C_GetSessionInfo(session, info))
    if (is(&order, "public")) info->state = CKS_RO_PUBLIC_SESSION;
    return answer;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG length) {
    const char *path = getenv("INKAN_FAULT_LOGINS");
    int file = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
        if (write(file, "login\n", 6) != 6) abort();
        close(file);
    }
    FORWARD(C_Login, real->C_Login(session, user, pin, length))
    return answer;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count) {
    FORWARD(C_FindObjectsInit, real->C_FindObjectsInit(session, attributes, count))
    return answer;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG most, CK_ULONG *count) {
    FORWARD(C_FindObjects, real->C_FindObjects(session, objects, most, count))
    if (is(&order, "swap") && answer == CKR_OK) {
        for (CK_ULONG i = 0; i < *count; i++) objects[i] += order.number;
    }
    return answer;
}

static CK_RV find_final(CK_SESSION_HANDLE session) {
    FORWARD(C_FindObjectsFinal, real->C_FindObjectsFinal(session))
    return answer;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes,
                                 CK_ULONG count) {
    FORWARD(C_GetAttributeValue, real->C_GetAttributeValue(session, object, attributes, count))
    for (CK_ULONG i = 0; is(&order, "hide") && i < count; i++) {
        if (attributes[i].type != order.number) continue;
        attributes[i].ulValueLen = (CK_ULONG)-1;
        answer = CKR_ATTRIBUTE_TYPE_INVALID;
    }
    for (CK_ULONG i = 0; is(&order, "attribute") && answer == CKR_OK && i < count; i++) {
        if (attributes[i].type == order.number && attributes[i].pValue) {
            *(unsigned char *)attributes[i].pValue ^= 1;
        }
    }
    return answer;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
    FORWARD(C_SignInit, real->C_SignInit(session, mechanism, key))
    return answer;
}

static CK_RV sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG length, unsigned char *signature,
                  CK_ULONG *signature_length) {
    FORWARD(C_Sign, real->C_Sign(session, data, length, signature, signature_length))
    if (is(&order, "slow")) poll(NULL, 0, (int)order.number);
    if (is(&order, "flip") && answer == CKR_OK && signature) signature[*signature_length - 1] ^= 1;
    return answer;
}

static CK_RV generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_half,
                               CK_ULONG public_count, CK_ATTRIBUTE *private_half, CK_ULONG private_count,
                               CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key) {
    FORWARD(C_GenerateKeyPair, real->C_GenerateKeyPair(session, mechanism, public_half, public_count, private_half,
                                                       private_count, public_key, private_key))
    return answer;
}

static CK_RV generate_key(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *attributes, CK_ULONG count,
                          CK_OBJECT_HANDLE *key) {
    FORWARD(C_GenerateKey, real->C_GenerateKey(session, mechanism, attributes, count, key))
    return answer;
}

static CK_RV wrap_key(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
                      CK_OBJECT_HANDLE key, unsigned char *wrapped, CK_ULONG *length) {
    FORWARD(C_WrapKey, real->C_WrapKey(session, mechanism, wrapping, key, wrapped, length))
    if (is(&order, "flip") && answer == CKR_OK && wrapped) wrapped[*length - 1] ^= 1;
    return answer;
}

static CK_RV generate_random(CK_SESSION_HANDLE session, unsigned char *bytes, CK_ULONG count) {
    FORWARD(C_GenerateRandom, real->C_GenerateRandom(session, bytes, count))
    return answer;
}

static CK_RV create_object(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG count,
                           CK_OBJECT_HANDLE *object) {
    FORWARD(C_CreateObject, real->C_CreateObject(session, attributes, count, object))
    return answer;
}

static CK_RV init_token(CK_SLOT_ID slot, unsigned char *pin, CK_ULONG length, unsigned char *label) {
    FORWARD(C_InitToken, real->C_InitToken(slot, pin, length, label))
    return answer;
}

static CK_RV init_pin(CK_SESSION_HANDLE session, unsigned char *pin, CK_ULONG length) {
    FORWARD(C_InitPIN, real->C_InitPIN(session, pin, length))
    return answer;
}

static CK_RV destroy_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
    FORWARD(C_DestroyObject, real->C_DestroyObject(session, object))
    return answer;
}

// Not by way of the exported name: p11-kit, which the worker is linked with, has a function of that name too.
static CK_RV function_list(CK_FUNCTION_LIST **list) {
    const char *path = getenv("INKAN_FAULT_MODULE");
    void *library = dlopen(path ? path : "/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) return CKR_GENERAL_ERROR;
    CK_RV (*get)(CK_FUNCTION_LIST **) = (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(library, "C_GetFunctionList");
    if (!get || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
    faulty = *real;
    faulty.C_Initialize = initialize;
    faulty.C_Finalize = finalize;
    faulty.C_GetFunctionList = function_list;
    faulty.C_GetSlotList = get_slot_list;
    faulty.C_GetTokenInfo = get_token_info;
    faulty.C_OpenSession = open_session;
    faulty.C_CloseSession = close_session;
    faulty.C_GetSessionInfo = get_session_info;
    faulty.C_Login = login;
    faulty.C_FindObjectsInit = find_init;
    faulty.C_FindObjects = find;
    faulty.C_FindObjectsFinal = find_final;
    faulty.C_GetAttributeValue = get_attribute_value;
    faulty.C_SignInit = sign_init;
    faulty.C_Sign = sign;
    faulty.C_GenerateKeyPair = generate_key_pair;
    faulty.C_GenerateKey = generate_key;
    faulty.C_WrapKey = wrap_key;
    faulty.C_GenerateRandom = generate_random;
    faulty.C_CreateObject = create_object;
    faulty.C_InitToken = init_token;
    faulty.C_InitPIN = init_pin;
    faulty.C_DestroyObject = destroy_object;
    *list = &faulty;
    return CKR_OK;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) { return function_list(list); }

// The 3.x way in, for those who ask; it hands out the same table. CK_INTERFACE as PKCS#11 3.0 has it.
struct interface {
    const char *name;
    void *functions;
    CK_FLAGS flags;
};

CK_RV C_GetInterface(const char *name, void *version, struct interface **found, CK_FLAGS flags) {
    static struct interface only = {"PKCS 11", &faulty, 0};
    (void)version;
    (void)flags;
    if (!getenv("INKAN_FAULT_INTERFACE")) return CKR_FUNCTION_NOT_SUPPORTED;
    if (name && strcmp(name, only.name) != 0) return CKR_ARGUMENTS_BAD;
    CK_FUNCTION_LIST *list = NULL;
    CK_RV answer = function_list(&list);
    if (answer != CKR_OK) return answer;
    faulty.version.major = 3;
    faulty.version.minor = 0;
    *found = &only;
    return CKR_OK;
}
