/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINYML_DEVICE_H
#define TINYML_DEVICE_H

#include <stddef.h>
#include <stdint.h>

/* The device as a task of your firmware: libtinyml-device.a. It keeps images in your storage,
 * checks their signatures, installs the chosen one into memory set aside for it and runs it on a
 * thread of its own. The image registers at the service, infers, and takes the next image over the
 * air. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tinyml_device_config {
  /* Who this device is. Used, and written to the storage, when that is blank; NULL: it must not be.
   */
  const char *endpoint;              /* its name at the service, up to 64 characters */
  const char *server_uri;            /* "coap://a.b.c.d:port" of the service */
  const uint8_t *signing_public_key; /* 64 bytes, P-256: X then Y, big-endian */
  /* Of the device's thread: 4 KB, more where your storage functions need it; the image has a stack
   * of its own. */
  size_t stack_bytes;
  uint16_t udp_port;    /* 0: any */
  uint8_t reset_reason; /* of your machine: 0 power-on, 1 software, 2 watchdog, 3 fault */
  /* After each inference: the bytes of one output tensor, valid during the call. On the device's
   * thread; may be NULL. */
  void (*on_result)(void *context, uint32_t index, const uint8_t *bytes, size_t size);
  /* The thread is about to end by itself, with the code it gives tinyml_device_exit_code. May be
   * NULL. */
  void (*on_end)(void *context, int code);
  void *context;
} tinyml_device_config;

enum tinyml_device_status {
  TINYML_DEVICE_OK = 0,
  TINYML_DEVICE_RUNNING = 1, /* it has been started already */
  TINYML_DEVICE_BLANK =
      2, /* the storage is blank, and the configuration does not say who this device is */
  TINYML_DEVICE_BAD_CONFIG = 3, /* an endpoint or address that is too long or missing */
  TINYML_DEVICE_STORAGE =
      4, /* the storage cannot be read or written, or has fewer than 16 sectors */
  TINYML_DEVICE_NETWORK = 5, /* no socket */
  TINYML_DEVICE_NO_THREAD = 6
};

/* What the thread ended with when there is no image that may be started. */
#define TINYML_DEVICE_NOTHING_TO_START 3

/* Starts the thread. The configuration is copied, what it points to must last. */
enum tinyml_device_status tinyml_device_start(const tinyml_device_config *config);

/* Asks the thread to end and waits for it: about 100 ms while it sleeps. Not from on_result. */
void tinyml_device_stop(void);

int tinyml_device_running(void);

#ifdef __cplusplus
}
#endif
#endif
