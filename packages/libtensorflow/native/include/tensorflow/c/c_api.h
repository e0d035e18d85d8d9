/*
 * The part of TensorFlow's public C API that the N-API addon of @tensorflow/tfjs-node calls: 55 functions,
 * opaque handles, and the string cell. The C API is stable within TensorFlow 2, so one addon compiled with
 * this header loads on every libtensorflow from 2.10 to 2.21. Names, values and signatures are TensorFlow's
 * (Apache-2.0); nothing of its implementation is here.
 *
 * Every other header that the addon includes forwards to this one.
 */
#ifndef LIBTENSORFLOW_SUBSET_C_API_H_
#define LIBTENSORFLOW_SUBSET_C_API_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- values ---- */

/* Element types; the numbers are those of DataType in TensorFlow's types.proto. */
typedef enum TF_DataType {
  TF_FLOAT = 1,
  TF_DOUBLE = 2,
  TF_INT32 = 3,
  TF_UINT8 = 4,
  TF_INT16 = 5,
  TF_INT8 = 6,
  TF_STRING = 7,
  TF_COMPLEX64 = 8,
  TF_INT64 = 9,
  TF_BOOL = 10,
  TF_RESOURCE = 20
} TF_DataType;

/* Only success is told apart by the addon; every other code is passed on as a number. */
typedef enum TF_Code { TF_OK = 0, TF_UNKNOWN = 2 } TF_Code;

/* Kinds of operation attributes, as tfjs names them to the addon. */
typedef enum TF_AttrType {
  TF_ATTR_STRING = 0,
  TF_ATTR_INT = 1,
  TF_ATTR_FLOAT = 2,
  TF_ATTR_BOOL = 3,
  TF_ATTR_TYPE = 4,
  TF_ATTR_SHAPE = 5
} TF_AttrType;

typedef struct TF_Status TF_Status;
typedef struct TF_Tensor TF_Tensor;
typedef struct TF_Buffer TF_Buffer;
typedef struct TF_Graph TF_Graph;
typedef struct TF_Operation TF_Operation;
typedef struct TF_Session TF_Session;
typedef struct TF_SessionOptions TF_SessionOptions;
typedef struct TF_DeviceList TF_DeviceList;
typedef struct TFE_Context TFE_Context;
typedef struct TFE_ContextOptions TFE_ContextOptions;
typedef struct TFE_Op TFE_Op;
typedef struct TFE_TensorHandle TFE_TensorHandle;

/* Output number `index` of an operation in a graph. */
typedef struct TF_Output {
  TF_Operation* oper;
  int index;
} TF_Output;

/* ---- status, buffers, version ---- */

const char* TF_Version(void);
size_t TF_DataTypeSize(TF_DataType type);

TF_Status* TF_NewStatus(void);
void TF_DeleteStatus(TF_Status* status);
TF_Code TF_GetCode(const TF_Status* status);
const char* TF_Message(const TF_Status* status);

TF_Buffer* TF_NewBuffer(void);
TF_Buffer* TF_NewBufferFromString(const void* bytes, size_t length);
void TF_DeleteBuffer(TF_Buffer* buffer);

/* ---- tensors in host memory ---- */

TF_Tensor* TF_NewTensor(TF_DataType type, const int64_t* dimensions, int rank, void* data, size_t length,
                        void (*release)(void* data, size_t length, void* argument), void* argument);
TF_Tensor* TF_AllocateTensor(TF_DataType type, const int64_t* dimensions, int rank, size_t length);
void TF_DeleteTensor(TF_Tensor* tensor);
TF_DataType TF_TensorType(const TF_Tensor* tensor);
int TF_NumDims(const TF_Tensor* tensor);
int64_t TF_Dim(const TF_Tensor* tensor, int axis);
int64_t TF_TensorElementCount(const TF_Tensor* tensor);
size_t TF_TensorByteSize(const TF_Tensor* tensor);
void* TF_TensorData(const TF_Tensor* tensor);

/* ---- saved models ---- */

TF_Graph* TF_NewGraph(void);
void TF_DeleteGraph(TF_Graph* graph);
TF_Operation* TF_GraphOperationByName(TF_Graph* graph, const char* name);

TF_SessionOptions* TF_NewSessionOptions(void);
void TF_DeleteSessionOptions(TF_SessionOptions* options);
TF_Session* TF_LoadSessionFromSavedModel(const TF_SessionOptions* options, const TF_Buffer* run_options,
                                         const char* directory, const char* const* tags, int tag_count,
                                         TF_Graph* graph, TF_Buffer* meta_graph, TF_Status* status);
void TF_SessionRun(TF_Session* session, const TF_Buffer* run_options,
                   const TF_Output* inputs, TF_Tensor* const* input_values, int input_count,
                   const TF_Output* outputs, TF_Tensor** output_values, int output_count,
                   const TF_Operation* const* targets, int target_count,
                   TF_Buffer* run_metadata, TF_Status* status);
void TF_DeleteSession(TF_Session* session, TF_Status* status);

/* ---- devices ---- */

void TF_DeleteDeviceList(TF_DeviceList* list);
int TF_DeviceListCount(const TF_DeviceList* list);
const char* TF_DeviceListName(const TF_DeviceList* list, int index, TF_Status* status);
const char* TF_DeviceListType(const TF_DeviceList* list, int index, TF_Status* status);

/* ---- eager execution ---- */

TFE_ContextOptions* TFE_NewContextOptions(void);
void TFE_DeleteContextOptions(TFE_ContextOptions* options);
TFE_Context* TFE_NewContext(const TFE_ContextOptions* options, TF_Status* status);
void TFE_DeleteContext(TFE_Context* context);
TF_DeviceList* TFE_ContextListDevices(TFE_Context* context, TF_Status* status);

TFE_TensorHandle* TFE_NewTensorHandle(const TF_Tensor* tensor, TF_Status* status);
void TFE_DeleteTensorHandle(TFE_TensorHandle* handle);
TF_DataType TFE_TensorHandleDataType(TFE_TensorHandle* handle);
int TFE_TensorHandleNumDims(TFE_TensorHandle* handle, TF_Status* status);
int64_t TFE_TensorHandleDim(TFE_TensorHandle* handle, int axis, TF_Status* status);
TF_Tensor* TFE_TensorHandleResolve(TFE_TensorHandle* handle, TF_Status* status);
TFE_TensorHandle* TFE_TensorHandleCopyToDevice(TFE_TensorHandle* handle, TFE_Context* context,
                                               const char* device, TF_Status* status);

TFE_Op* TFE_NewOp(TFE_Context* context, const char* name, TF_Status* status);
void TFE_DeleteOp(TFE_Op* op);
void TFE_OpAddInput(TFE_Op* op, TFE_TensorHandle* input, TF_Status* status);
void TFE_OpSetAttrString(TFE_Op* op, const char* name, const void* value, size_t length);
void TFE_OpSetAttrInt(TFE_Op* op, const char* name, int64_t value);
void TFE_OpSetAttrIntList(TFE_Op* op, const char* name, const int64_t* values, int count);
void TFE_OpSetAttrFloat(TFE_Op* op, const char* name, float value);
void TFE_OpSetAttrFloatList(TFE_Op* op, const char* name, const float* values, int count);
void TFE_OpSetAttrBool(TFE_Op* op, const char* name, unsigned char value);
void TFE_OpSetAttrBoolList(TFE_Op* op, const char* name, const unsigned char* values, int count);
void TFE_OpSetAttrType(TFE_Op* op, const char* name, TF_DataType value);
void TFE_OpSetAttrShape(TFE_Op* op, const char* name, const int64_t* dimensions, const int rank, TF_Status* status);
void TFE_Execute(TFE_Op* op, TFE_TensorHandle** results, int* result_count, TF_Status* status);

/* ---- strings ---- */

/*
 * One element of a string tensor: 24 bytes, 8-aligned, owned and laid out by TensorFlow. The addon does
 * pointer arithmetic on it and otherwise reads and writes it through the exported functions below, so that
 * short strings (held inside the cell) and long ones (on the heap) stay the library's own business.
 */
typedef struct TF_TString {
  uint64_t opaque[3];
} TF_TString;

void TF_StringInit(TF_TString* string);
void TF_StringCopy(TF_TString* target, const char* bytes, size_t length);
const char* TF_StringGetDataPointer(const TF_TString* string);
size_t TF_StringGetSize(const TF_TString* string);
void TF_StringDealloc(TF_TString* string);

/* The addon uses the names of TensorFlow's internal inline functions; the exported ones do the same. */
static inline void TF_TString_Init(TF_TString* string) { TF_StringInit(string); }
static inline void TF_TString_Copy(TF_TString* target, const char* bytes, size_t length) {
  TF_StringCopy(target, bytes, length);
}
static inline const char* TF_TString_GetDataPointer(const TF_TString* string) {
  return TF_StringGetDataPointer(string);
}
static inline size_t TF_TString_GetSize(const TF_TString* string) { return TF_StringGetSize(string); }
static inline void TF_TString_Dealloc(TF_TString* string) { TF_StringDealloc(string); }

#ifdef __cplusplus
}
#endif

#endif /* LIBTENSORFLOW_SUBSET_C_API_H_ */
