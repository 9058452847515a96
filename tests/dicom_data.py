"""DICOM data sets as devices and archives make them."""

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid


def make_dataset(values, **elements):
    """Return a data set that holds `values`, (H, W) or (H, W, 3); None removes an element."""
    colour = values.ndim == 3
    bits = values.dtype.itemsize * 8
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.PatientID = "P1"
    dataset.Rows, dataset.Columns = values.shape[:2]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.PixelData = values.tobytes()
    for name, value in elements.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    return dataset


def make_table(entries, first, bits, kind):
    """Return a lookup table as items of sequences hold it; `kind` is how its data are stored."""
    table = pydicom.Dataset()
    table.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries), first, bits])
    data = np.array(entries, "<u2").tobytes() if kind == "OW" else entries
    table.add_new("LUTData", kind, data)
    return table


def add_geometry(dataset, place, direction=(1, 0, 0, 0, 1, 0), spacing=(1, 1)):
    """Say where the pixels of `dataset` lie, in mm; returns it."""
    dataset.ImagePositionPatient = [float(value) for value in place]
    dataset.ImageOrientationPatient = list(direction)
    dataset.PixelSpacing = list(spacing)
    return dataset


def axial_series(volume, spacing=(1, 1, 1), uid=None, patient="P1", **elements):
    """Return the slices, from below, of `volume` (left to right, back to front, bottom to top)."""
    uid = uid or generate_uid()
    slices = []
    for z in range(volume.shape[2]):
        # columns run to the patient's left, rows to the back
        dataset = make_dataset(np.ascontiguousarray(np.flip(volume[:, :, z].T)), **elements)
        dataset.SeriesInstanceUID, dataset.PatientID = uid, patient
        add_geometry(dataset, (-20, -30, z * spacing[2] - 70), spacing=(spacing[1], spacing[0]))
        slices.append(dataset)
    return slices


def write_series(slices, folder):
    """Write `slices` to `folder`, whose names say nothing of their order."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(1).permutation(len(slices))
    for number, dataset in zip(order, slices, strict=True):
        dataset.InstanceNumber = int(number)
        dataset.save_as(folder / f"IM{number:04d}.dcm", enforce_file_format=True)
    return folder


def compress(dataset, path, syntax):
    """Write `dataset` to `path`, compressed by GDCM; `syntax` is called as GDCM calls it."""
    import gdcm

    dataset.save_as(path, enforce_file_format=True)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFile(reader.GetFile())
    writer.SetFileName(str(path))
    writer.SetImage(change.GetOutput())
    assert writer.Write()
