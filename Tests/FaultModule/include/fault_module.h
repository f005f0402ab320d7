// The fault module is loaded by its path (libInkanFaultModule.so); nothing is called by name. See fault_module.c.
#ifndef INKAN_FAULT_MODULE_H
#define INKAN_FAULT_MODULE_H

#endif
